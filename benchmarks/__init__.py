"""How fast glassnet is, and how good its advice: `python -m benchmarks` lists what there is.

Nothing imports this package but its own tests.
"""
