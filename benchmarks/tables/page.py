"""The tables and the picture of docs/tables-benchmark.md, from kept results.

    python -m benchmarks.tables.page                        # make the page from what is kept
    python -m benchmarks.tables.page --scores FILE          # keep these scores, then make it
    python -m benchmarks.tables.page --seconds FILE         # keep these seconds, measured alone

Kept are scores without their seconds, which count only if nothing else ran; seconds come from a run
of their own on a quiet machine.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared import DOCS
from benchmarks.shared.environment import machine, version
from benchmarks.tables import ingredients, results
from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.pictures import draw
from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.report import (
    against,
    by_table,
    measured,
    ranking,
    rows_of,
    seconds,
)
from benchmarks.tables.results import Result, shared

KEPT = Path(__file__).parent / "kept"
PAGE, PICTURE = DOCS / "tables-benchmark.md", DOCS / "tables-benchmark.png"
MARKS = "<!-- {}: made by benchmarks.tables.page -->", "<!-- end of {} -->"
PACKAGES = ("numpy", "numba", "scikit-learn", "lightgbm", "catboost", "xgboost", "xgboost-cpu",
            "pytabkit",
            "torch")  # fmt: skip
OURS, SINGLE = "glassnet_default", "glassnet_single"
SLOW = ("pytabkit_realmlp", "pytabkit_tabm")  # not run on every table
BESIDE = (OURS, SINGLE, "catboost_trees")  # whose scores are shown next to theirs


def keep(path: Path, name: str, fields: Sequence[str]) -> None:
    """Copy these fields of the reporting half's results, and note what they are of."""
    KEPT.mkdir(exist_ok=True)
    found = [each for each in results.read(path) if TABLES[each["table"]].half == "reporting"]
    order = list(CONTENDERS)
    found.sort(key=lambda each: (each["table"], order.index(each["contender"]), each["seed"]))
    lines = [{f: each[f] for f in (*results.KEY, *fields) if f in each} for each in found]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (KEPT / f"{name}.jsonl").write_text(text, encoding="utf-8")
    sizes = {t.name: t.frame().shape for t in TABLES.values() if t.half == "reporting"}
    about = {
        **machine(), "versions": {each: version(each) for each in PACKAGES},
        "tables": {table: [rows, columns - 1] for table, (rows, columns) in sizes.items()},
    }  # fmt: skip
    (KEPT / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def read(name: str) -> tuple[list[Result], dict[str, Any]]:
    """What is kept under a name, and what it is of; nothing if nothing is."""
    about = KEPT / f"{name}.json"
    if not about.exists():
        return [], {}
    return results.read(KEPT / f"{name}.jsonl"), json.loads(about.read_text(encoding="utf-8"))


def parts() -> dict[str, str]:
    """What the page is made of, by name."""
    (found, about), (timed, quiet) = read("scores"), read("seconds")
    who = measured(found)
    taken = f"{seconds(timed, measured(timed))}\n\n{sentence(quiet)}" if timed else ""
    quick = [name for name in who if name not in SLOW]
    return {
        "summary": summary(shared(found, quick), quick),
        "ranks": ranking(shared(found, quick), quick),
        "pairs": against(found, OURS, who),
        "single": against(found, SINGLE, who),
        "scores": by_table(shared(found, quick), quick, "score"),
        "errors": by_table(shared(found, quick), quick, "error"),
        "slow scores": by_table(beside_slow(found), (*BESIDE, *SLOW), "score"),
        "slow errors": by_table(beside_slow(found), (*BESIDE, *SLOW), "error"),
        "seconds": taken or "Not measured yet on a machine without other work.",
        "sizes": sizes(found, about["tables"], who),
        "machine": sentence(about),
        "ingredients": ingredients.report(results.read(ingredients.KEPT)),
    }


def beside_slow(found: Sequence[Result]) -> list[Result]:
    """Results on the first split, of the tables that the first slow contender was run on."""
    found = [each for each in found if each["seed"] == 0]
    there = shared(found, [*BESIDE, SLOW[0]])
    tables = {each["table"] for each in there}
    others = (each for each in found if each["contender"] in SLOW[1:])
    return [*there, *(each for each in others if each["table"] in tables)]


def summary(found: Sequence[Result], who: Sequence[str]) -> str:
    """The places of the default and of the single network, who is ahead, and their weak tables."""
    tables, ranked = ranks(means(found, "score"), who, rising=True)
    mean = dict(zip(who, ranked.mean(axis=0), strict=True))
    apart = critical_difference(len(who), len(tables))
    order = sorted(who, key=mean.__getitem__)
    sentences = []
    for name in (OURS, SINGLE):
        ahead = [CONTENDERS[each] for each in order[: order.index(name)]]
        far = [CONTENDERS[each] for each in who if mean[name] - mean[each] > apart]
        behind = [CONTENDERS[each] for each in who if mean[each] - mean[name] > apart]
        after = f", after {_listed(ahead)}" if ahead else ""
        places = zip(tables, ranked[:, who.index(name)], strict=True)
        weak = [table for table, place in places if place > (len(who) + 1) / 2]
        sentences.append(
            f"**{CONTENDERS[name]}** has place {len(ahead) + 1} of {len(who)} by mean rank "
            f"({mean[name]:.2f}){after}. By more than the critical difference of {apart:.2f}, it "
            f"is behind {_listed(far)} and ahead of {_listed(behind)}. Tables on which it is in "
            f"the lower half: {_listed(weak or ['none'])}."
        )
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _listed(names: Sequence[str]) -> str:
    *first, last = names or ["no other"]
    return f"{', '.join(first)} and {last}" if first else last


def sizes(found: Sequence[Result], of: dict[str, Any], who: Sequence[str]) -> str:
    """Each table with its target and size, and by how many splits whom it was measured."""
    rows = []
    for name, (count, columns) in sorted(of.items(), key=lambda item: item[1][0]):
        splits = [sum(r["table"] == name and r["contender"] == each for r in found) for each in who]
        rows.append([name, TABLES[name].target, f"{count:,}", str(columns), *map(str, splits)])
    return rows_of(
        ["table", "target", "rows", "columns", *(CONTENDERS[each] for each in who)], rows
    )


def sentence(about: dict[str, Any]) -> str:
    """The machine and the versions."""
    versions = ", ".join(f"{name} {found}" for name, found in about["versions"].items() if found)
    return f"{about['processor']}, {about['cores']} cores, Python {about['python']}; {versions}."


def written(page: str) -> str:
    """The page with its tables updated."""
    for name, text in parts().items():
        begin, end = (mark.format(name) for mark in MARKS)
        if begin not in page or end not in page:
            raise SystemExit(f"{PAGE.name} has no place for {name!r}: write {begin} and {end}")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Keep, write and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scores", type=Path)
    parser.add_argument("--seconds", type=Path)
    options = parser.parse_args()
    if options.scores:
        keep(options.scores, "scores", ("score", "error", "failed"))
    if options.seconds:
        keep(options.seconds, "seconds", ("fit", "predict", "failed"))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    (found, _), (timed, _) = read("scores"), read("seconds")
    draw([each for each in found if each["contender"] not in SLOW], timed).savefig(PICTURE, dpi=100)
    print(f"wrote {PAGE} and {PICTURE}")


if __name__ == "__main__":
    main()
