"""The columns of the table that compiled steps interpret, with a row for each operation.

The outputs of an operation are kept in a `room` from index `OUT` on until backward has used them,
and the dy of an operation with weights from `DY` on until its gradients are computed. `WEIGHTS` and
`BIAS` are indices in θ. Waves have their number of columns, of waves of a column and of mixtures of
them, and from `CHOSEN` on the features that have waves.
"""

DENSE, DROPOUT, SOFTMAX, WAVES = 100, 101, 102, 103  # smaller numbers are activations
KIND, INPUTS, UNITS, WEIGHTS, BIAS, NARROW, NOISE, FROM_OUTPUT, IN, OUT, DY = range(11)
COLUMNS, FREQUENCIES, MIXTURES, CHOSEN = range(11, 15)
