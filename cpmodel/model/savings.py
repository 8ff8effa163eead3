"""Savings per unit of product among adopters, and what they are worth in absolute terms."""

import numpy as np

from cpmodel.axes import equation


@equation(clauses="II.2.a.2/saving II.2.b.2/saving", source="Multiplicative ladder of independent measures")
def ladder_saving(x1, x2, x3, s1, s2, s3, realisation):
    """Mean saving over the assessed [share of use per unit of product].

    x_k [share of the assessed operating rung k]   s_k [share of use saved]   realisation [share]
        1 − Π_k (1 − x_k · s_k · realisation)
    """
    kept = (1.0 - x1 * s1 * realisation) * (1.0 - x2 * s2 * realisation) * (1.0 - x3 * s3 * realisation)
    return 1.0 - kept


@equation(clauses="II.2.a.2/saving II.2.b.2/saving", source="Decision's metric: among adopters only")
def saving_among_adopters(saving_of_assessed, adopters_of_assessed):
    """Mean saving among adopters [share of use per unit of product]; 0 where nobody adopts.

    saving_of_assessed [share of use]   adopters_of_assessed = 1 − Π_k (1 − x_k) [share of the assessed]
    Widening adoption through housekeeping lowers this mean, and that stays visible.
    """
    return np.where(
        adopters_of_assessed > 0, saving_of_assessed / np.maximum(adopters_of_assessed, 1e-300), 0.0
    )


@equation(clauses="II.1", source="Sorrell (2007): rebound as a share of the expected saving")
def absolute_saving(saving, baseline_use, output_index, rebound):
    """Resource saved in a year, in the unit of `baseline_use` [1/year]: saving · use · output · (1 − rebound)."""
    return saving * baseline_use * output_index * (1.0 - rebound)
