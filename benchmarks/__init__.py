"""Measurements, one module each: `rows()` returns what was measured. `python -m benchmarks` runs them side by side."""
