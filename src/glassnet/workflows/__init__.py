"""What people do with a network: recipes, sweeps, predictions, comparisons."""
