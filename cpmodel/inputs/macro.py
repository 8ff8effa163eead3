"""The yearly series that drive the model from outside, with what a forecast of each must know beside its figures.

`attrs` of a series: `law`, the name of the forecasting model recorded in data/driver_models.yaml; `break_year`, the
first year on a new base; `beside`, another series by year that a model may lean on; `tied`, how its surprises go
together with those of other drivers. A series without them is forecast as a random walk with drift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cpmodel.errors import BadInput, Problem
from cpmodel.inputs.datasets import read
from cpmodel.inputs.yaml_text import read_yaml

CHOICES = "data/driver_models.yaml"
BREAK = "series_break"
FORECAST = ("output", "lending_rate", "electricity")


def macro_series(root: Path) -> dict[str, pd.Series]:
    """Return yearly series: output [bn VND of 2010], lending_rate and inflation [share], electricity [VND/kWh]."""
    macro, prices = read("macro", root), read("energy_prices", root)
    found = {
        "output": series(macro, "industry_value_added_constant_2010_excl_construction"),
        "lending_rate": series(macro, "lending_rate") / 100,
        "inflation": series(macro, "cpi_inflation") / 100,
        "electricity": series(prices, "average_retail_electricity_price_annual"),
    }
    found["lending_rate"].attrs["beside"] = np.log1p(found["inflation"])
    found["output"].attrs["beside"] = np.log(found["lending_rate"]).rename(lambda year: year + 1)
    choices = recorded_choices(root)
    for name in FORECAST if choices else ():
        found[name].attrs["law"] = choices["drivers"][name]["model"]
        found[name].attrs["tied"] = tuple(choices["drivers"][name]["tied"].items())
    return found


def series(table: pd.DataFrame, indicator: str) -> pd.Series:
    """Return one indicator by year; `attrs["break_year"]` is the first year on the new base, None without a break.

    The flag stands on every row of the old base and on the first row of the new one, so the break lies before the
    last flagged year; a flag on all rows or none says nothing.
    """
    rows = table[table["indicator"] == indicator]
    years = rows["year"].astype(int)
    found = pd.Series(rows["value"].to_numpy(float), index=years).groupby(level=0).first()
    flagged = years[rows["flag"] == BREAK]
    found.attrs["break_year"] = int(flagged.max()) if 0 < len(flagged) < len(rows) else None
    return found


def recorded_choices(root: Path) -> dict | None:
    """Return data/driver_models.yaml, or None where nothing was chosen; raises `BadInput` when it is incomplete."""
    path = Path(root) / CHOICES
    if not path.is_file():
        return None
    told = read_yaml(path, CHOICES).data
    drivers = told.get("drivers") or {}
    lacking = [name for name in FORECAST if not {"model", "series", "tied"} <= set(drivers.get(name) or {})]
    if lacking:
        why = "Each driver needs `model`, `series` and `tied`."
        raise BadInput(
            Problem(CHOICES, "drivers", ", ".join(lacking), why, "Say `cpmodel drivers --choose`.")
        )
    return told
