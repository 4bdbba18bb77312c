"""nn's formulas, compiled by Numba into loops without temporary arrays."""
