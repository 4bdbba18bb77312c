"""A neural network you can see through: plain NumPy, exact, and fast enough to use."""
