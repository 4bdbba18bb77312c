"""One file for each library, in its fastest ordinary form.

Each has a class `Contender(workload, x, y, order)` with `train(epochs, done)`, which calls `done`
after each epoch; `loss()`, of all training samples; and `predict(x)`, the likeliest classes.
`order(epoch, samples)` gives the samples' order; with `in_order`, nobody shuffles.
"""
