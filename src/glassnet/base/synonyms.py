"""What Keras, PyTorch and scikit-learn call it, and what it is called here."""

import difflib
import re
from collections.abc import Iterable

# Our name, and what else the field calls it; of several names the first that is allowed counts.
SYNONYMS = {
    # losses
    "cross_entropy": "categorical_crossentropy sparse_categorical_crossentropy log_loss logloss "
                     "nll nll_loss negative_log_likelihood softmax_cross_entropy ce",
    "binary_cross_entropy": "bce bce_with_logits binary_crossentropy sigmoid_cross_entropy "
                            "binary_cross_entropy_with_logits logistic_loss",
    "mean_squared": "mse mean_squared_error squared_error squared_loss l2_loss l2 rmse "
                    "root_mean_squared_error neg_mean_squared_error",
    "mean_absolute": "mae mean_absolute_error absolute_error l1_loss l1 neg_mean_absolute_error",
    "huber": "smooth_l1 smooth_l1_loss huber_loss",
    "quantile": "pinball pinball_loss quantile_loss",
    # metrics
    "balanced_accuracy": "bacc balanced mean_recall",
    "roc_auc": "auc auroc roc roc_auc_score",
    "average_precision": "ap aucpr auprc pr_auc average_precision_score",
    "f1": "f1_score f_score f_measure",
    "brier": "brier_score brier_score_loss",
    "r2": "r_squared r2_score",
    "root_mean_squared_error": "rmse root_mean_squared",
    "mean_absolute_error": "mae mean_absolute",
    # optimizers
    "sgd": "gd gradient_descent stochastic_gradient_descent plain",
    "momentum": "heavy_ball sgd_momentum sgd_with_momentum",
    "nesterov": "nag nesterov_momentum nesterovs_momentum",
    "averaging_momentum": "ema_momentum",
    "rmsprop": "rms_prop",
    "adagrad": "ada_grad",
    "adamw": "adam_w adam_weight_decay",
    "lbfgs": "l_bfgs l_bfgs_b bfgs",
    # activations
    "sigmoid": "logistic logit expit",
    "silu": "swish",
    "leaky_relu": "lrelu",
    "tanh": "hyperbolic_tangent tanh_activation",
    "softplus": "soft_plus smooth_relu",
    "none": "linear identity no",
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
    "glorot_uniform": "xavier_uniform xavier glorot",
    "glorot_normal": "xavier_normal",
    "he_uniform": "kaiming_uniform kaiming he",
    "he_normal": "kaiming_normal",
    "lecun_uniform": "lecun",
    "normal": "random_normal gaussian",
    "uniform": "random_uniform",
    "zeros": "zero",
    # schedules
    "step": "step_lr multi_step_lr piecewise_constant step_decay",
    "exponential": "exponential_lr exponential_decay",
    "cosine": "cosine_annealing cosine_annealing_lr cosine_decay",
    "warm_up": "warmup linear_lr linear_warmup",
    "one_cycle": "one_cycle_lr",
    "on_plateau": "reduce_lr_on_plateau plateau adaptive",
    # settings
    "learning_rate": "lr eta step_size learning_rate_init eta0",
    "lr": "learning_rate eta step_size learning_rate_init eta0",
    "learning_rate_init": "lr learning_rate eta step_size eta0",
    "optimizer='adam:learning_rate=0.01'":
        "lr learning_rate eta step_size learning_rate_init",
    "optimizer='momentum:beta=0.9'": "momentum beta",
    "optimizer='adamw:weight_decay=0.01'": "weight_decay decay l2 alpha",
    "weight_decay": "decay l2 wd alpha l2_regularization",
    "epochs": "n_epochs num_epochs nb_epoch max_iter n_iter iterations epoch",
    "max_iter": "epochs n_epochs num_epochs n_iter iterations epoch",
    "batch_size": "batch bs batchsize minibatch_size mini_batch_size",
    "validation": "validation_split validation_data validation_fraction val_split val "
                  "eval_set valid holdout",
    "validation_fraction": "validation_split validation val_split",
    "hidden": "hidden_layer_sizes hidden_layers hidden_units layers units widths",
    "hidden_layer_sizes": "hidden hidden_layers hidden_units units",
    "units": "out_features n_units neurons size width",
    "init": "kernel_initializer initializer weight_init initialization",
    "bias_init": "bias_initializer",
    "bias": "use_bias fit_intercept",
    "rate": "p drop_rate probability dropout",
    "dropout": "dropout_rate p_dropout",
    "std": "stddev scale sigma",
    "low": "minval minimum a",
    "high": "maxval maximum b",
    "beta": "momentum mu",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "rho": "decay alpha",
    "epsilon": "eps",
    "clip_norm": "clipnorm max_grad_norm grad_clip gradient_clip clip global_clipnorm",
    "max_norm": "maxnorm kernel_constraint weight_constraint max_norm_constraint",
    "gamma": "factor decay_rate",
    "every": "step_size decay_steps period",
    "slope": "negative_slope alpha",
    "alpha": "negative_slope slope",
    "label_smoothing": "smoothing",
    "delta": "threshold",
    "q": "tau quantile alpha",
    "sample_weight": "sample_weights weights",
    "class_weight": "class_weights",
    "schedule": "scheduler lr_scheduler lr_schedule learning_rate_schedule",
    "loss": "criterion loss_fn loss_function objective",
    "optimizer": "solver optim",
    "solver": "optimizer optim",
    "seed": "random_state random_seed",
    "random_state": "seed random_seed",
    "metrics": "metric",
    "verbose": "verbosity progress",
    "monitor": "metric",
    "patience": "n_iter_no_change early_stopping_rounds",
    "n_iter_no_change": "patience early_stopping_rounds",
    "min_delta": "tol tolerance",
    "restore_best_weights": "restore_best",
    "samples": "n_samples",
    "separator": "sep delimiter",
    "test": "test_size test_split test_fraction",
    "times": "repeats n_runs runs",
    "folds": "n_splits cv n_folds k",
}  # fmt: skip


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """What was probably meant: the field's other name for something, else the nearest spelling.

    >>> nearest("mse", ["mean_squared", "mean_absolute"]), nearest("rleu", ["relu", "tanh"])
    ('mean_squared', 'relu')
    """
    names = {plain(name): name for name in allowed}
    word = plain(given)
    if found := same(given, names.values()):
        return found
    if word in _CALLED:
        return None  # no misspelling: there is no such thing here
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return names[near[0]] if near else None


def same(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that differs in case and dashes only, or that the field also calls so.

    >>> same("LeakyReLU", ["leaky_relu"]), same("swish", ["silu"]), same("rleu", ["relu"])
    ('leaky_relu', 'silu', None)
    """
    names = {plain(name): name for name in allowed}
    word = plain(given)
    if word in names:
        return names[word]
    for ours in _CALLED.get(word, ()):
        name, equals, _ = ours.partition("=")
        if plain(name) in names:
            return ours if equals else names[plain(name)]
    return None


def plain(name: str) -> str:
    """A name without what spellings differ in.

    >>> plain("--L-BFGS_B"), plain("MSELoss")
    ('lbfgsb', 'mse')
    """
    return re.sub(r"[^a-z0-9]|(?<=.)_?loss$", "", str(name).lower())


_CALLED: dict[str, list[str]] = {}
for _ours, _others in SYNONYMS.items():
    for _other in _others.split():
        _CALLED.setdefault(plain(_other), []).append(_ours)
