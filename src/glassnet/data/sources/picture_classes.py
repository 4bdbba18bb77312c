"""Which class each picture of a folder belongs to, and which part: decided by the folders alone."""

from collections.abc import Iterable, Sequence

from glassnet.base.errors import DataError
from glassnet.data.readers.picture_tree import Tree
from glassnet.data.readers.pictures import ENDINGS, File, listed, printable

TRAINING = ("train", "training")
VALIDATION = ("val", "valid", "validation")
TEST = ("test", "testing")

Labelled = list[tuple[File, str]]
"""Pictures with their classes."""


def parts_of(tree: Tree, notes: list[str]) -> tuple[Labelled, Labelled]:
    """The pictures to train on and, if folders part them, those to test on; `notes` gets a line
    for whatever is left out.

    The two parts are the folders train and test, or train and val; of all three, val is trained on.
    """
    _note(notes, tree.others, "file that is not a picture", "files that are not pictures")
    if not tree.pictures:
        found = f"found: {_named(tree.others)}" if tree.others else "it is empty"
        raise DataError(
            f"has no pictures ({', '.join(ENDINGS)}) and no IDX files; {found}: expected a folder "
            "of pictures for each class"
        )
    tree = tree.inner()
    train, val, test = (
        [folder for folder in tree.filled if folder.lower() in words]
        for words in (TRAINING, VALIDATION, TEST)
    )
    if len(tree.filled) > len(train + val + test) or not val + test:
        return labelled(tree, notes), []
    held = (test or val)[0]
    if not train:
        raise DataError(f"has the folder {held} but no folder train; name the other part so")
    if len(test or val) > 1:
        raise DataError(f"has the folders {_named(test or val)}: expected one of them; join them")
    _note_rest(tree, notes)
    trained = [folder for folder in tree.filled if folder != held]
    return (
        [pair for folder in trained for pair in labelled(tree.below(folder), notes, folder)],
        labelled(tree.below(held), notes, held),
    )


def labelled(tree: Tree, notes: list[str], part: str = "") -> Labelled:
    """The pictures in the folders of a tree, each with the name of its folder as class."""
    if not tree.filled:
        where = f"{part}/" if part else ""
        what = f"{where[:-1]} has pictures" if part else "has pictures"
        raise DataError(
            f"{what} but no folders: expected one for each class, such as {where}cats and "
            f"{where}dogs, with its pictures in it"
        )
    _note_rest(tree, notes)
    return [(file, path.partition("/")[0]) for path, file in tree.pictures.items() if "/" in path]


def classes_of(
    train: Labelled, held: Labelled, known: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The classes in the order of their names, or those that are known, of which some will do.

    DataError for fewer than two, for a name that is not text, for one that only the test part has,
    and for one that is not known.
    """
    classes = sorted({name for _, name in train})
    for name in classes:
        if printable(name) != name:
            raise DataError(
                f"the folder '{printable(name)}' has a name that cannot be shown; rename it"
            )
    if known is not None:
        new = [name for name in classes if name not in known]
        if new:
            raise DataError(f"has the class {new[0]!r}: expected some of {_named(known)}")
        return tuple(known)
    if len(classes) < 2:
        raise DataError(
            f"has only the class {classes[0]!r}: expected a folder for each of two or more classes"
        )
    new = sorted({name for _, name in held} - {*classes})
    if new:
        raise DataError(
            f"the test part has the class '{printable(new[0])}', which training does not have: "
            f"expected one of {_named(classes)}"
        )
    return tuple(classes)


def _note_rest(tree: Tree, notes: list[str]) -> None:
    """Note pictures without a class, and classes without pictures."""
    _note(notes, tree.loose, "picture in no class's folder", "pictures in no class's folder")
    _note(notes, tree.empty, "folder without pictures", "folders without pictures")


def _note(notes: list[str], names: Sequence[str], one: str, many: str) -> None:
    if names:
        what = f"1 {one}" if len(names) == 1 else f"{len(names):,} {many}"
        notes.append(f"left out {what}: {_named(names)}")


def _named(names: Iterable[str]) -> str:
    every: Sequence[str] = [printable(name) for name in names]
    return listed(every, len(every))
