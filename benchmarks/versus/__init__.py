"""Against other libraries: the same networks, data, batches and rules."""
