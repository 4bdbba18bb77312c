"""The site: nothing in it is remote, and its pages work on GitHub too."""

import hashlib
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymdownx.slugs import slugify

from docs import hooks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
KATEX = DOCS / "assets" / "katex"
SCREEN = 40  # lines
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("course/*.md")])
LONG = [page for page in PAGES if page.read_text("utf-8").count("\n") > 3 * SCREEN]
GLOSSARY = (DOCS / "glossary.md").read_text("utf-8")


def rendered(markdown: str, page: str = "course/02-a-layer.md", repo_url: str | None = None) -> str:
    file = SimpleNamespace(src_uri=page)
    config = SimpleNamespace(repo_url=repo_url)
    return hooks.on_page_markdown(markdown, SimpleNamespace(file=file), config, files=None)


def test_katex_is_as_it_was_published() -> None:
    lines = [line for line in (KATEX / "SHA256SUMS").read_text().splitlines() if line[0] != "#"]
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    wanted = set(re.findall(r"fonts/[\w-]+\.woff2", (KATEX / "katex.min.css").read_text()))
    assert len(wanted) == 20
    assert set(sums) == wanted | {"LICENSE", "katex.min.css", "katex.min.js"}
    for name, digest in sums.items():
        assert hashlib.sha256((KATEX / name).read_bytes()).hexdigest() == digest, name
    there = {str(path.relative_to(KATEX)) for path in KATEX.rglob("*") if path.is_file()}
    assert there == set(sums) | {"SHA256SUMS", "fonts/LICENSE"}


@pytest.mark.parametrize(
    ("markdown", "plain", "linked"),
    [
        (
            "[`nn/layers/dense.py`](../../src/glassnet/nn/layers/dense.py)",
            "`src/glassnet/nn/layers/dense.py`",
            "[`nn/layers/dense.py`](https://host/it/blob/main/src/glassnet/nn/layers/dense.py)",
        ),
        (
            "in [three notebooks](../../examples)",
            "in three notebooks (`examples`)",
            "in [three notebooks](https://host/it/tree/main/examples)",
        ),
        (
            "[words](../../CONTRIBUTING.md#words)",
            "words (`CONTRIBUTING.md`)",
            "[words](https://host/it/blob/main/CONTRIBUTING.md#words)",
        ),
    ],
)
def test_links_out_of_the_docs_lead_to_the_repository(
    markdown: str, plain: str, linked: str
) -> None:
    page = "course/index.md"
    assert rendered(markdown, page) == plain
    assert rendered(markdown, page, "https://host/it/") == linked


@pytest.mark.parametrize(
    "markdown",
    [
        "[training](../training.md#engines), [here](#shapes), [there](https://host/page)",
        "`[a](../../README.md)`",
        "```python\n[a](../../README.md)\n```\n",
    ],
)
def test_other_links_and_code_stay_as_they_are(markdown: str) -> None:
    assert rendered(markdown, "course/index.md") == markdown


def test_a_link_to_a_missing_file_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    rendered("[a](../../src/nothing.py)", "course/index.md")
    assert "course/index.md links to src/nothing.py, which does not exist" in caplog.text


@pytest.mark.parametrize(
    ("html", "refused"),
    [
        ('<script src="https://cdn.host/x.js"></script>', True),
        ('<link rel=preconnect href=//fonts.host>', True),
        ('<img alt="a" src="http://host/a.png">', True),
        ('<a href="https://host/page">there</a>', False),
        ('<script src="assets/katex/katex.min.js"></script>', False),
    ],
)  # fmt: skip
def test_what_a_page_would_fetch_from_elsewhere_is_a_warning(
    html: str, refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    assert hooks.on_post_page(html, page, None) == html
    assert ("a.md fetches something remote" in caplog.text) == refused


def test_a_bar_in_a_cell_is_shown_and_a_formula_is_not_searched() -> None:
    html = r'<td><code>a \| b</code></td><p>a \| b</p><span class="arithmatex">x</span>'
    assert hooks.on_page_content(html, None, None, None) == (
        r"<td><code>a | b</code></td><p>a \| b</p>"
        '<span class="arithmatex" data-search-exclude>x</span>'
    )


def test_the_navigation_has_every_page_of_the_course() -> None:
    pages = hooks.course_pages()
    assert pages[0] == "course/index.md"
    assert {DOCS / page for page in pages} == set(DOCS.glob("course/*.md"))
    config = SimpleNamespace(nav=[{"Start": "index.md"}, {"Course": "course/index.md"}])
    assert hooks.on_config(config).nav == [{"Start": "index.md"}, {"Course": pages}]


def test_the_page_about_installing_names_every_extra() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (DOCS / "install.md").read_text("utf-8")
    table = page.partition("| extra |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.M)) == set(settings["optional-dependencies"])


def test_the_glossary_is_in_order_and_every_word_leads_to_its_page() -> None:
    entries = re.findall(r"^- \*\*(.*?)\*\*: (.*?)(?=\n- |\n\n|\Z)", GLOSSARY, re.M | re.S)
    assert len(entries) > 100
    assert [
        word for word, text in entries if not re.search(r"See\s+\[.*\]\(.*\)\.\s*$", text, re.S)
    ] == []
    words = [re.sub("[- ]", "", word.lower()) for word, _ in entries]
    assert words == sorted(words)


@pytest.mark.parametrize("page", LONG, ids=[path.name for path in LONG])
def test_a_page_over_three_screens_has_a_contents_line(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    before, *sections = re.split(r"^## ", text, flags=re.M)
    line = before.partition("\nContents: ")[2].partition("\n\n")[0]
    assert line, "expected `Contents: [one](#one) · [two](#two)` before the first section"
    if page.parent == DOCS:  # chapters have parts that they need not name
        links = re.findall(r"\]\(#(.*?)\)", line)
        slug = slugify(case="lower")
        assert links == [slug(each.partition("\n")[0], "-") for each in sections]


def test_lists_and_tables_stand_apart() -> None:
    """GitHub sees a list or a table that follows a line of text at once; the site does not."""
    glued = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
        for block in re.split(r"\n\s*\n", text):
            first, *others = block.strip("\n").splitlines() or [""]
            for kind in ("- ", "|"):
                if not first.startswith(kind) and any(line.startswith(kind) for line in others):
                    glued.append(f"{page.name}: {first}")
    assert glued == []
