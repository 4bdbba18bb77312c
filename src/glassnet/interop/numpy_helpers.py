"""Functions that a NumPy script may need, each written if it does."""

from glassnet.interop.spellings_waves import NUMPY

HELPERS = {
    "waves": NUMPY,
    "softmax": """
def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
""",
    "patches": '''
def patches(x, kernel, stride, dilation, pads, fill=0):
    """Every window of x with `pads` around it: (samples, *windows, channels, *kernel)."""
    axes = tuple(range(1, x.ndim - 1))
    around = [(0, 0), *np.broadcast_to(pads, (len(axes), 2)), (0, 0)]
    kernel, stride, dilation = (np.broadcast_to(n, len(axes)) for n in (kernel, stride, dilation))
    x = np.pad(x, around, constant_values=fill)
    x = np.lib.stride_tricks.sliding_window_view(x, dilation * (kernel - 1) + 1, axes)
    which, within = ([slice(None, None, step) for step in steps] for steps in (stride, dilation))
    return x[(slice(None), *which, ..., *within)]
''',
    "conv": '''
def conv(x, key, stride=1, dilation=1, pads=0, groups=1):
    """A weighted sum of every window, for each filter."""
    kernels = W[key + "W"]  # (*kernel, channels / groups, filters)
    axes = kernels.ndim - 1
    x = patches(x, kernels.shape[:-2], stride, dilation, pads)
    x = np.moveaxis(x, axes, -1)  # (samples, *windows, *kernel, channels)
    pairs = zip(np.split(x, groups, axis=-1), np.split(kernels, groups, axis=-1))
    y = np.concatenate([np.tensordot(x, kernel, axes) for x, kernel in pairs], axis=-1)
    return y + W.get(key + "b", 0)
''',
    "max_pool": '''
def max_pool(x, size, stride, pads=0):
    """The largest number of every window; padding never is."""
    x = patches(x, size, stride, 1, pads, -np.inf)
    return x.max(axis=tuple(range(x.ndim // 2 + 1, x.ndim)))
''',
    "average_pool": '''
def average_pool(x, size, stride, pads=0):
    """The mean of every window; padding, which is NaN, does not count."""
    x = patches(x, size, stride, 1, pads, np.nan)
    return np.nanmean(x, axis=tuple(range(x.ndim // 2 + 1, x.ndim)))
''',
    "batch_norm": '''
def batch_norm(x, key, epsilon):
    """Each channel with mean 0 and variance 1, as they were in training."""
    x = (x - W[key + "mean"]) / np.sqrt(W[key + "var"] + epsilon)
    return W[key + "gamma"] * x + W[key + "beta"]
''',
    "layer_norm": '''
def layer_norm(x, key, epsilon):
    """The channels of each place with mean 0 and variance 1."""
    x = x - x.mean(axis=-1, keepdims=True)
    x = x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + epsilon)
    return W[key + "gamma"] * x + W[key + "beta"]
''',
    "group_norm": '''
def group_norm(x, key, groups, epsilon):
    """All places of a group of channels with mean 0 and variance 1."""
    y = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
    y = y - y.mean(axis=(1, 3), keepdims=True)
    y = y / np.sqrt(np.square(y).mean(axis=(1, 3), keepdims=True) + epsilon)
    return W[key + "gamma"] * y.reshape(x.shape) + W[key + "beta"]
''',
    "rms_norm": '''
def rms_norm(x, key, epsilon):
    """The channels of each place with mean square 1."""
    return W[key + "gamma"] * x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + epsilon)
''',
}


def needed(text: str) -> str:
    """The functions that this text calls, and those that they call."""
    found: list[str] = []
    for name in reversed(HELPERS):  # each calls only those before it
        if f"{name}(" in text + "".join(found):
            found.insert(0, HELPERS[name])
    return "".join(f"\n{helper}" for helper in found)
