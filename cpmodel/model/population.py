"""Population of establishments: entry and exit.

Exit takes establishments of every kind alike, so it leaves shares alone; entrants arrive unaware, so entry thins
every share. At about 10 % a year this alone makes 90 % awareness a treadmill.
"""

import numpy as np

from cpmodel.axes import equation


@equation(clauses="II.2.a.1 II.2.b.1", source="Accounting identity of an open population")
def entry_rate(exit_rate, growth):
    """Gross entry [1/year] that, with `exit_rate` [1/year], gives the log growth [1/year] of the number.

        max(exit + growth, 0)
    A number that falls faster than `exit_rate` has no entrants and more exits, which take all kinds alike.
    """
    return np.maximum(exit_rate + growth, 0.0)


@equation(clauses="II.2.a.1 II.2.b.1", source="Accounting identity of an open population")
def entry_dilution(entry, share, share_of_entrants):
    """Change of a share by entry [share of establishments / year].

    entry [1/year]   share, share_of_entrants [share of establishments]
        −entry · (share − share_of_entrants)
    Entrants are unaware: their share is 1 for `unaware`, 0 for every other stock.
    """
    return -entry * (share - share_of_entrants)
