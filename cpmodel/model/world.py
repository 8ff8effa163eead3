"""The world that a run meets: everything that is drawn or laid out before the engine starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpmodel.inputs.load import Inputs
from cpmodel.inputs.opened import Opened
from cpmodel.model import state as s
from cpmodel.outlook.drivers import Law


@dataclass(frozen=True)
class World:
    """What does not depend on the structural variant.

    parameters    name → array (..., n)   lending_rate, log_prices    (Y, n)
    price    (Y,) consumer prices, 2010 = 1; `prices` holds years before and after too
    typical_rate    (Y,) median lending rate, the same for any number of draws   laws    how drivers are drawn
    notes    what was assumed about terms that no source states
    """

    inputs: Inputs
    years: np.ndarray
    draws: int
    layout: s.Layout
    clock: s.Clock
    moments: tuple[float, ...]
    spending: s.Spending
    drivers: s.Drivers
    coefficients: s.Coefficients
    parameters: dict[str, np.ndarray]
    lending_rate: np.ndarray
    log_prices: np.ndarray
    price: np.ndarray
    tax_rate: np.ndarray
    instruments: list[Opened]
    lending_observed: np.ndarray
    typical_rate: np.ndarray
    laws: dict[str, Law]
    prices: pd.Series
