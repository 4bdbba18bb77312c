"""Writes the files of this folder, one table in four locales, with LibreOffice (7.4 wrote those
that are here):

    python tests/data/readers/locales/written.py    # needs soffice; the tests only read the files

Each table is described as flat OpenDocument, whose columns have the formats of a locale, and
converted to .ods, to .xlsx, and to .csv with cells as they are shown: with commas, and the German
one with semicolons too.
"""

import subprocess
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent
LOCALES = {"en-US": "$", "de-DE": "€", "fr-FR": "€", "ja-JP": "￥"}  # and the currency
CITIES = ("München", "Orléans", "東京", "Malmö")
KINDS = {
    "day": "date", "moment": "moment", "price": "number", "amount": "grouped",
    "share": "percentage", "fee": "currency", "city": "string", "paid": "boolean",
    "twice": "number", "t": "string",
}  # fmt: skip
SHOWN = "44,34,76,1,,0,false,true,true"  # commas, quotes if needed, UTF-8, as shown
SEMICOLONS = "59,34,76,1,,0,false,true,true"


def rows(count: int = 20) -> list[dict[str, object]]:
    """The table. `twice` is a formula in the sheets, one of which fails."""
    begin = datetime(2023, 3, 15, 6, 30)
    return [
        {
            "day": (begin + timedelta(7 * n)).date().isoformat(),
            "moment": (begin + timedelta(5 * n, minutes=5 * n)).isoformat(),
            "price": 8.25 + n,
            "amount": -1500.5 + 1000 * n,
            "share": 0.0525 * (n % 9),
            "fee": 950.75 + 10 * n if n % 5 else None,
            "city": CITIES[n % 4],
            "paid": n % 3 == 0,
            "twice": 2 * (8.25 + n) if n != 6 else None,
            "t": "yes" if n % 3 else "no",
        }
        for n in range(count)
    ]


NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"'
    for name, part in {
        "office": "office", "table": "table", "text": "text", "number": "datastyle",
        "style": "style",
    }.items()
)  # fmt: skip
NAMES += ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
TWO = 'number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1"'
DAY = '<number:day number:style="long"/>', '<number:month number:style="long"/>', "<number:year/>"
TIME = (
    '<number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/>'
)


def styles(locale: str) -> str:
    """The formats of a locale, and a cell style for each."""
    day, month, year = DAY
    full = year.replace("/>", ' number:style="long"/>')
    order, mark = {
        "en-US": ((month, day, year), "/"), "de-DE": ((day, month, year), "."),
        "fr-FR": ((day, month, full), "/"), "ja-JP": ((full, month, day), "/"),
    }[locale]  # fmt: skip
    date = f"<number:text>{mark}</number:text>".join(order)
    blank = "\u00a0" if locale == "fr-FR" else ""
    symbol = f"<number:currency-symbol>{LOCALES[locale]}</number:currency-symbol>"
    amount = f'<number:number {TWO} number:grouping="true"/>'
    after = f"{amount}<number:text>\u00a0</number:text>{symbol}"
    formats = {
        "date": ("date", date),
        "moment": ("date", f"{date}<number:text> </number:text>{TIME}"),
        "number": ("number", f"<number:number {TWO}/>"),
        "grouped": ("number", amount),
        "percentage": (
            "percentage", f"<number:number {TWO}/><number:text>{blank}%</number:text>"
        ),
        "currency": ("currency", after if LOCALES[locale] == "€" else symbol + amount),
        "boolean": ("boolean", "<number:boolean/>"),
    }  # fmt: skip
    language, country = locale.split("-")
    place = f'number:language="{language}" number:country="{country}"'
    return "".join(
        f'<number:{kind}-style style:name="N{name}" {place}>{inner}</number:{kind}-style>'
        f'<style:style style:name="C{name}" style:family="table-cell" '
        f'style:data-style-name="N{name}"/>'
        for name, (kind, inner) in formats.items()
    )


def cell(name: str, value: object, row: int) -> str:
    """A cell of the flat file, with its value or formula, and without text."""
    kind = KINDS[name]
    style = f'table:style-name="C{kind}"'
    if name == "twice":
        divided = "/0" if value is None else ""
        return f'<table:table-cell {style} table:formula="of:=[.C{row}]*2{divided}"/>'
    if value is None:
        return f"<table:table-cell {style}/>"
    if kind == "string":
        said = f"<text:p>{escape(str(value))}</text:p>"
        return f'<table:table-cell office:value-type="string">{said}</table:table-cell>'
    if kind in ("date", "moment"):
        return f'<table:table-cell {style} office:value-type="date" office:date-value="{value}"/>'
    if kind == "boolean":
        said = str(value).lower()
        return (
            f'<table:table-cell {style} office:value-type="boolean" office:boolean-value="{said}"/>'
        )
    kind = kind if kind in ("percentage", "currency") else "float"
    return f'<table:table-cell {style} office:value-type="{kind}" office:value="{value!r}"/>'


def flat(locale: str) -> str:
    """The whole table as flat OpenDocument."""
    table = [
        "".join(cell(name, value, row) for name, value in values.items())
        for row, values in enumerate(rows(), start=2)
    ]
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in KINDS
    )
    lines = "".join(f"<table:table-row>{line}</table:table-row>" for line in (head, *table))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMES} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
        f"<office:automatic-styles>{styles(locale)}</office:automatic-styles>"
        f'<office:body><office:spreadsheet><table:table table:name="Table">{lines}'
        "</table:table></office:spreadsheet></office:body></office:document>"
    )


def main() -> None:
    """Write all files."""
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "semicolons").mkdir()
        for locale in LOCALES:
            (Path(home) / f"table.{locale}.fods").write_text(flat(locale), "utf-8")
        german = [Path(home) / "table.de-DE.fods"]
        for target, folder, files in [
            ("ods", FOLDER, Path(home).glob("*.fods")),
            ("xlsx", FOLDER, Path(home).glob("*.fods")),
            (f"csv:Text - txt - csv (StarCalc):{SHOWN}", FOLDER, Path(home).glob("*.fods")),
            (f"csv:Text - txt - csv (StarCalc):{SEMICOLONS}", Path(home) / "semicolons", german),
        ]:
            subprocess.run(
                ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless",
                 "--convert-to", target, "--outdir", folder, *files],
                check=True, timeout=120,
            )  # fmt: skip
        written = Path(home) / "semicolons/table.de-DE.csv"
        (FOLDER / "semicolons.de-DE.csv").write_bytes(written.read_bytes())


if __name__ == "__main__":
    main()
