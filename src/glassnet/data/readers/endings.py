"""How files end that can be read."""

ENDINGS = (
    ".csv",
    ".tsv",
    ".txt",
    ".csv.gz",
    ".tsv.gz",
    ".txt.gz",
    ".json",
    ".jsonl",
    ".ndjson",
    ".json.gz",
    ".jsonl.gz",
    ".ndjson.gz",
    ".parquet",
    ".arrow",
    ".feather",
    ".xlsx",
    ".ods",
    ".npy",
    ".npz",
    ".zip",
)
"""How the files end that `load` reads."""
