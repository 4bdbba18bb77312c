"""The same formulas, compiled: nn's in loops without temporaries, where Numba is installed."""
