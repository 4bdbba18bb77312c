"""Whether `lr-find` can be believed: `python -m benchmarks.rates`.

For each of eleven datasets and three networks the search suggests a learning rate. The same
network is then trained with every rate of the grid from other seeds, and judged by the test part:
the mean accuracy, or R² for values. Printed is the score at the suggestion as a share of the best
mean score on the grid. MNIST is left out where $GLASSNET_DATA does not have it.
"""
