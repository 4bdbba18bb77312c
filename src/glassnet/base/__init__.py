"""What every room stands on: arrays, errors, files; it knows nothing of networks."""
