"""cpmodel: a scenario-modelling and forecasting workbench for a national cleaner production programme."""

__version__ = "0.1.0"


def __getattr__(name: str):
    """Bring the forecaster in when it is asked for: the package itself imports nothing heavy."""
    if name == "forecast_diffusion":
        from cpmodel.outlook.diffusion import forecast_diffusion

        return forecast_diffusion
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
