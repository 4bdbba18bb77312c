"""The tables: what is predicted from each, and which columns are left out, and why.

Tables are parted once, by their names, into those on which defaults may be chosen ("tuning") and
those on which they are only reported ("reporting").
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from benchmarks.tables.reading import Read, flights, of_keel, of_pydataset, of_sklearn, of_vega

Task = Literal["classes", "values"]
Half = Literal["tuning", "reporting"]


@dataclass(frozen=True)
class Table:
    """A table with its `target`; `drop` says of each column left out why."""

    name: str
    read: Read
    target: str = "target"
    task: Task = "classes"
    drop: Mapping[str, str] = field(default_factory=dict)

    @property
    def half(self) -> Half:
        """The tuning half if the first byte of the SHA-256 of its name is even."""
        return "reporting" if hashlib.sha256(self.name.encode()).digest()[0] % 2 else "tuning"

    def frame(self) -> pd.DataFrame:
        """The rows whose target is known, without the columns left out; text as categories."""
        frame = self.read().drop(columns=list(self.drop)).dropna(subset=[self.target])
        frame = frame.reset_index(drop=True)
        flags = dict.fromkeys(frame.select_dtypes(bool), str)
        features = frame.drop(columns=self.target)
        words = [n for n in features if not pd.api.types.is_numeric_dtype(features[n])]
        return frame.astype(flags).astype(dict.fromkeys([*words, *flags], "category"))


KNOWN_LATER = "known only after what is predicted"
ID = "the number of a person or place"
SAME = "another form of the target"

ALL = (
    Table("iris", of_sklearn("iris")),
    Table("wine", of_sklearn("wine")),
    Table("breast_cancer", of_sklearn("breast_cancer")),
    Table("digits", of_sklearn("digits")),
    Table("diabetes", of_sklearn("diabetes"), task="values"),
    *(
        Table(name, of_keel(name))
        for name in (
            "contraceptive", "german", "letter", "magic", "phoneme", "satimage", "segment",
            "spambase", "splice",
        )
    ),
    Table("titanic", of_pydataset("COUNT/titanic"), "survived"),
    Table("chile", of_pydataset("car/Chile"), "vote"),
    Table("mortgages", of_pydataset("Ecdat/Hdma"), "deny"),
    Table("benefits", of_pydataset("Ecdat/Benefits"), "ui"),
    Table("fishing", of_pydataset("Ecdat/Fishing"), "mode", drop={
        "price": "that of the mode chosen: beside those of all modes it gives the target away",
        "catch": "that of the mode chosen: beside those of all modes it gives the target away",
    }),
    Table("flchain", of_pydataset("survival/flchain"), "death", drop={
        "futime": KNOWN_LATER, "chapter": f"{KNOWN_LATER}: the cause of death",
    }),
    Table("weather", of_vega("seattle-weather.csv"), "weather", drop={
        "date": "the others read no dates as such",
    }),
    Table("school", of_pydataset("Ecdat/RetSchool"), "wage76", "values"),
    Table("computers", of_pydataset("Ecdat/Computers"), "price", "values"),
    Table("star", of_pydataset("Ecdat/Star"), "tmathssk", "values", drop={
        "treadssk": "a score of the same day",
    }),
    Table("housing", of_pydataset("Ecdat/Housing"), "price", "values"),
    Table("diamonds", of_pydataset("ggplot2/diamonds"), "price", "values"),
    Table("hours", of_pydataset("Ecdat/HI"), "whrswk", "values", drop={
        "wght": "the weight of the row in the survey",
    }),
    Table("health_budget", of_pydataset("Ecdat/VietNamH"), "lnmed", "values", drop={
        "commune": ID, "lnexp12m": "the target again",
    }),
    Table("wages", of_pydataset("car/SLID"), "wages", "values"),
    Table("working_hours", of_pydataset("Ecdat/Workinghours"), "hours", "values"),
    Table("schools", of_pydataset("Ecdat/Caschool"), "testscr", "values", drop={
        "distcod": ID, "district": ID, "readscr": SAME, "mathscr": SAME,
    }),
    Table("tips", of_pydataset("reshape2/tips"), "tip", "values"),
    Table("cars", of_vega("cars.json"), "Miles_per_Gallon", "values", drop={
        "Name": "differs in nearly every row",
    }),
    Table("flights", flights, "arr_delay", "values", drop={
        **dict.fromkeys(["dep_time", "dep_delay", "arr_time", "air_time"], KNOWN_LATER),
        "year": "always 2013", "time_hour": "what month, day and hour say",
    }),
)  # fmt: skip

TABLES = {table.name: table for table in ALL}
