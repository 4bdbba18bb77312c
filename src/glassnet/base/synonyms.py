"""What Keras, PyTorch and scikit-learn call it, and what it is called here."""

import difflib
import re
from collections.abc import Iterable

# Our name, and what else the field calls the same; of several of ours the first that is allowed
# counts.
SYNONYMS = {
    # losses
    "cross_entropy": "categorical_crossentropy sparse_categorical_crossentropy "
                     "categorical_cross_entropy softmax_cross_entropy ce",
    "binary_cross_entropy": "bce bce_with_logits binary_crossentropy sigmoid_cross_entropy "
                            "binary_cross_entropy_with_logits",
    "mean_squared": "mse mean_squared_error squared_error squared_loss",
    "mean_absolute": "mae mean_absolute_error absolute_error l1_loss l1",
    "quantile": "pinball",
    # metrics
    "accuracy": "acc accuracy_score",
    "log_loss": "logloss neg_log_loss",
    "balanced_accuracy": "bacc balanced mean_recall",
    "roc_auc": "auc auroc roc roc_auc_score",
    "average_precision": "ap aucpr auprc pr_auc average_precision_score",
    "f1": "f1_score f_score f_measure",
    "brier": "brier_score brier_score_loss",
    "r2": "r_squared r2_score",
    "root_mean_squared_error": "rmse root_mean_squared",
    "mean_absolute_error": "mae mean_absolute",
    # optimizers
    "sgd": "gradient_descent stochastic_gradient_descent",
    "momentum": "heavy_ball sgd_momentum sgd_with_momentum",
    "nesterov": "nag nesterov_momentum nesterovs_momentum nesterov_accelerated_gradient",
    "averaging_momentum": "ema_momentum",
    "lbfgs": "limited_memory_bfgs",
    # activations
    "sigmoid": "logistic expit",
    "silu": "swish",
    "leaky_relu": "lrelu",
    "tanh": "hyperbolic_tangent",
    "none": "linear identity",
    # layers
    "dense": "linear fully_connected fc affine",
    "conv2d": "conv convolution convolution2d",
    "conv1d": "convolution1d",
    "maxpool2d": "maxpool max_pool max_pooling max_pooling2d pool pool2d",
    "maxpool1d": "max_pool1d max_pooling1d",
    "averagepool2d": "avgpool avg_pool averagepool average_pool average_pooling "
                     "average_pooling2d avgpool2d",
    "averagepool1d": "avgpool1d average_pooling1d",
    "global_average_pool": "globalpool gap global_pool global_avg_pool global_average_pooling "
                           "global_average_pooling2d",
    "global_max_pool": "global_max_pooling global_max_pooling2d",
    "zeropad2d": "zeropad pad zero_pad zero_padding zero_padding2d",
    "upsample2d": "upsample up_sampling2d upsampling",
    "batch_norm": "norm bn batch_normalization batchnorm2d batchnorm1d",
    "layer_norm": "ln layer_normalization",
    "group_norm": "gn group_normalization",
    "rms_norm": "rms_normalization",
    "residual": "skip shortcut",
    "concat": "concatenate branches parallel",
    # initializers
    "glorot_uniform": "xavier_uniform",
    "glorot_normal": "xavier_normal",
    "he_uniform": "kaiming_uniform",
    "he_normal": "kaiming_normal",
    "zeros": "zero",
    # schedules
    "step": "step_lr",
    "exponential": "exponential_lr",
    "cosine": "cosine_annealing cosine_annealing_lr cosine_decay",
    "warm_up": "linear_warmup",
    "one_cycle": "one_cycle_lr",
    "on_plateau": "reduce_lr_on_plateau reduce_on_plateau plateau",
    # settings
    "learning_rate": "lr eta learning_rate_init eta0",
    "lr": "learning_rate eta learning_rate_init eta0",
    "learning_rate_init": "lr learning_rate eta eta0",
    "optimizer='adam:learning_rate=0.01'": "lr learning_rate eta learning_rate_init",
    "optimizer='momentum:beta=0.9'": "momentum beta",
    "optimizer='adamw:weight_decay=0.01'": "weight_decay",
    "callbacks=[EarlyStopping(patience=5)]":
        "early_stopping patience n_iter_no_change early_stopping_rounds",
    "weight_decay": "wd",
    "epochs": "n_epochs num_epochs nb_epoch max_epochs max_iter epoch",
    "max_iter": "epochs n_epochs num_epochs max_epochs epoch",
    "batch_size": "batch bs minibatch_size mini_batch_size",
    "validation": "validation_split validation_data validation_fraction val_split val val_data "
                  "holdout",
    "validation_fraction": "validation_split validation val_split",
    "hidden": "hidden_layer_sizes hidden_layers hidden_units",
    "hidden_layer_sizes": "hidden hidden_layers hidden_units",
    "units": "out_features n_units neurons embedding_dim output_dim",
    "filters": "out_channels n_filters num_filters",
    "kernel": "kernel_size",
    "size": "pool_size kernel_size window_size scale_factor",
    "stride": "strides",
    "dilation": "dilation_rate",
    "groups": "num_groups n_groups",
    "count": "num_embeddings vocab_size vocabulary_size input_dim",
    "shape": "target_shape",
    "order": "dims",
    "input_shape": "input_dim in_features input_size",
    "init": "kernel_initializer initializer weight_init initialization",
    "bias_init": "bias_initializer",
    "bias": "use_bias fit_intercept",
    "rate": "p drop_rate probability dropout",
    "dropout": "dropout_rate p_dropout",
    "std": "stddev sigma",
    "low": "minval",
    "high": "maxval",
    "beta": "momentum mu",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
    "rho": "alpha",
    "clip_norm": "global_clipnorm max_grad_norm gradient_clip_norm",
    "max_norm": "max_norm_constraint",
    "slope": "negative_slope alpha",
    "gamma": "factor decay_rate",
    "every": "step_size",
    "rise": "pct_start",
    "start": "div_factor swa_start",
    "end": "final_div_factor",
    "label_smoothing": "smoothing",
    "sample_weight": "sample_weights",
    "class_weight": "class_weights",
    "schedule": "scheduler lr_scheduler lr_schedule learning_rate_schedule",
    "loss": "criterion loss_fn loss_function objective",
    "optimizer": "solver optim optimiser",
    "solver": "optimizer optim optimiser",
    "seed": "random_state random_seed",
    "random_state": "seed random_seed",
    "metrics": "metric",
    "verbose": "verbosity",
    "patience": "n_iter_no_change early_stopping_rounds",
    "n_iter_no_change": "patience early_stopping_rounds",
    "min_delta": "tol tolerance",
    "restore_best_weights": "restore_best",
    "samples": "n_samples",
    "x": "inputs features",
    "y": "targets labels",
    "path": "filepath filename file_path file fname",
    "networks": "models estimators",
    "out": "output output_file",
    "colour": "color",
    "grey": "gray greyscale grayscale",
    "target": "target_column label_column",
    "separator": "sep delimiter",
    "test": "test_size test_split test_fraction",
    "times": "repeats n_runs runs",
    "folds": "n_splits n_folds",
}  # fmt: skip

# What the field calls something that resembles ours, or is one of several that it may mean.
RELATED = {
    "cross_entropy": "log_loss logloss nll nll_loss negative_log_likelihood",
    "binary_cross_entropy": "logistic_loss",
    "mean_squared": "rmse root_mean_squared_error neg_mean_squared_error l2_loss l2",
    "mean_absolute": "neg_mean_absolute_error",
    "huber": "smooth_l1 smooth_l1_loss",
    "sgd": "gd plain",
    "adamw": "adam_weight_decay",
    "lbfgs": "l_bfgs_b bfgs",
    "sigmoid": "logit",
    "leaky_relu": "prelu parametric_relu rrelu",
    "softplus": "smooth_relu",
    "none": "no",
    "glorot_uniform": "xavier glorot",
    "he_uniform": "kaiming he",
    "lecun_uniform": "lecun",
    "normal": "random_normal gaussian truncated_normal",
    "uniform": "random_uniform",
    "step": "multi_step_lr piecewise_constant step_decay",
    "exponential": "exponential_decay",
    "warm_up": "linear_lr",
    "on_plateau": "adaptive",
    "learning_rate": "step_size",
    "lr": "step_size",
    "optimizer='adam:learning_rate=0.01'": "step_size",
    "weight_decay": "decay l2 alpha l2_regularization",
    "optimizer='adamw:weight_decay=0.01'": "decay l2 alpha",
    "epochs": "n_iter iterations",
    "max_iter": "n_iter iterations",
    "validation": "eval_set valid",
    "hidden": "layers units widths",
    "hidden_layer_sizes": "units",
    "units": "size width",
    "beta1": "betas",
    "std": "scale",
    "low": "minimum a",
    "high": "maximum b",
    "rho": "decay",
    "clip_norm": "clipnorm grad_clip gradient_clip clip clipvalue",
    "max_norm": "kernel_constraint weight_constraint",
    "every": "decay_steps period",
    "end": "eta_min",
    "alpha": "negative_slope slope",
    "delta": "threshold",
    "q": "tau quantile alpha",
    "sample_weight": "weights",
    "verbose": "progress",
    "monitor": "metric",
    "folds": "cv k",
}  # fmt: skip


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """What was probably meant: the field's other name for something, else the nearest spelling.

    >>> nearest("rmse", ["mean_squared", "mean_absolute"]), nearest("rleu", ["relu", "tanh"])
    ('mean_squared', 'relu')
    >>> nearest("msee", ["mean_squared", "mean_absolute"])
    'mean_squared'
    """
    names = {plain(name): name for name in allowed}
    if found := related(given, names.values()):
        return found
    word = plain(given)
    if word in _SAME or word in _RELATED:
        return None  # no misspelling: there is no such thing here
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    theirs = difflib.get_close_matches(word, [*near, *_SAME], n=1, cutoff=0.8)  # such as msee
    meant = _called(theirs[0], names, _SAME) if theirs and theirs != near else None
    return meant or (names[near[0]] if near else None)


def related(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name of the same thing, else of one that resembles it.

    >>> related("mse", ["mean_squared"]), related("rmse", ["mean_squared"]), related("x", ["y"])
    ('mean_squared', 'mean_squared', None)
    """
    names = {plain(name): name for name in allowed}
    return same(given, names.values()) or _called(given, names, _RELATED)


def same(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that differs in case and dashes only, or that the field also calls so.

    >>> same("LeakyReLU", ["leaky_relu"]), same("swish", ["silu"]), same("rmse", ["mean_squared"])
    ('leaky_relu', 'silu', None)
    """
    names = {plain(name): name for name in allowed}
    return names.get(plain(given)) or _called(given, names, _SAME)


def _called(given: str, names: dict[str, str], table: dict[str, list[str]]) -> str | None:
    """Our name in the table, as it is spelled among the names, or with its example."""
    for ours in table.get(plain(given), ()):
        name, equals, _ = ours.partition("=")
        if plain(name) in names:
            return ours if equals else names[plain(name)]
    return None


def others(ours: str) -> list[str]:
    """What else the field calls the same as one of our names.

    >>> others("batch_size")
    ['batch', 'bs', 'minibatch_size', 'mini_batch_size']
    """
    return SYNONYMS.get(ours, "").split()


def plain(name: str) -> str:
    """A name without what spellings differ in.

    >>> plain("--L-BFGS_B"), plain("MSELoss")
    ('lbfgsb', 'mse')
    """
    return re.sub(r"[^a-z0-9]|(?<=.)_?loss$", "", str(name).lower())


def _by_their_name(table: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ours, others in table.items():
        for other in others.split():
            found.setdefault(plain(other), []).append(ours)
    return found


_SAME, _RELATED = _by_their_name(SYNONYMS), _by_their_name(RELATED)
