"""The loop: batches, steps, callbacks, checkpoints."""
