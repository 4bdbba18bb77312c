"""What people do about a training that goes wrong, in the words of whoever reads it."""

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

Caller = Literal["python", "command", "recipe", "lab"]


class Remedy(NamedTuple):
    """What to do, and by which setting; None if the caller has no such setting. The lab, which has
    controls, needs no names of settings: "" if it has one."""

    what: str
    python: str | None = None
    command: str | None = None
    recipe: str | None = None
    lab: str | None = ""


# Tests hold the names to the signatures, the options of `glassnet train` and the recipes' keys.
REMEDIES = {
    "lower rate": Remedy("lower the learning rate", "learning_rate", "--lr", "optimizer"),
    "raise rate": Remedy("raise the learning rate", "learning_rate", "--lr", "optimizer"),
    "other rate": Remedy(
        "try another learning rate", "learning_rate", "--lr, see glassnet lr-find", "optimizer"
    ),
    "scale": Remedy("scale them to about −1 to 1", "Scale, or scikit-learn's StandardScaler"),
    "rescale": Remedy("change the Scale layer before it", "Scale"),
    "standardise": Remedy(
        "standardise raw columns", 'kinds={"COLUMN": "number"}', "--as COLUMN=number", "options"
    ),
    "targets": Remedy("scale the targets", "Scale as the last layer", lab=None),
    "clip": Remedy("clip the gradient", "clip_norm=1", "--clip-norm 1", "clip_norm"),
    "small weights": Remedy("begin with smaller weights", "init", "--init", "init"),
    "relu": Remedy("use relu", "activation", "--activation relu", "activation"),
    "leaky_relu": Remedy("use leaky_relu", "activation", "--activation leaky_relu", "activation"),
    "he_normal": Remedy("use he_normal", "init", "--init he_normal", "init"),
    "shallow": Remedy("use fewer layers", "Dense", "--hidden", "hidden"),
    "weigh": Remedy(
        "weigh classes",
        "class_weight='balanced'",
        "--class-weight balanced",
        "class_weight",
        lab=None,
    ),
    "longer": Remedy("train longer", "epochs", "--epochs", "epochs"),
    "shorter": Remedy("stop there", "EarlyStopping", "--epochs", "epochs"),
    "dropout": Remedy("use dropout", "Dropout", "--dropout", "dropout"),
    "decay": Remedy("use weight decay", "weight_decay", "--weight-decay", "optimizer"),
    "momentum": Remedy("lower the momentum of the layer", "BatchNorm(momentum=0.9)"),
    "batch": Remedy("use larger batches", "batch_size", "--batch-size", "batch_size"),
    "labels": Remedy("look whether inputs and labels belong together", "", "", ""),
    "data": Remedy("get more data", "", "", ""),
}


def possible(
    names: Iterable[str], caller: Caller, useless: Collection[str] = ()
) -> tuple[str, ...]:
    """Those of these remedies that the caller has, but for those that are in use already.

    >>> possible(["targets", "longer", "clip"], "command", useless=["clip"])
    ('longer',)
    """
    return tuple(
        name
        for name in names
        if getattr(REMEDIES[name], caller) is not None and name not in useless
    )


def advice(names: Iterable[str], caller: Caller) -> str:
    """The remedies of these names that the caller has, in words.

    >>> advice(["clip", "lower rate"], "command")
    'clip the gradient (--clip-norm 1), or lower the learning rate (--lr)'
    >>> advice(["targets", "longer"], "recipe"), advice(["longer"], "lab")
    ('train longer (epochs)', 'train longer')
    """
    said = []
    for remedy in (REMEDIES[name] for name in possible(names, caller)):
        setting = getattr(remedy, caller)
        said.append(f"{remedy.what} ({setting})" if setting else remedy.what)
    return ", or ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))
