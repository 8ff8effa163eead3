"""cpmodel: a scenario-modelling and forecasting workbench for a national cleaner production programme."""

__version__ = "0.1.0"
