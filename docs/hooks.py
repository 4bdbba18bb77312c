"""What MkDocs does not do for our pages by itself."""

import logging
import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "docs" / "course"
CODE = r"(?P<code>^```.*?^```$|(?<!\[)`[^`\n]*`(?!\]))"
LINK = re.compile(CODE + r"|\[(?P<text>[^]\[]*)\]\((?P<target>[^)\s]+)\)", re.M | re.S)
REMOTE = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^>]*>")
log = logging.getLogger("mkdocs.hooks.glassnet")


def course_pages() -> list[str]:
    """The pages of the course: its contents, chapters in order, then the five sources."""
    chapters = sorted(COURSE.glob("[0-9]*.md"))
    others = sorted(set(COURSE.glob("*.md")) - {COURSE / "index.md", *chapters})
    return [f"course/{page.name}" for page in [COURSE / "index.md", *chapters, *others]]


def on_config(config: Any) -> Any:
    """Put the pages of the course into the navigation."""
    for entry in config.nav:
        if entry.get("Course") == "course/index.md":
            entry["Course"] = course_pages()
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links to files outside of docs/ to the repository."""
    folder = PurePosixPath("docs", page.file.src_uri).parent

    def leading(found: re.Match[str]) -> str:
        if found["code"] or re.match(r"\w+:|#", found["target"]):
            return found[0]
        path, _, anchor = normpath(folder / found["target"]).partition("#")
        return found[0] if path.startswith("docs/") else outside(found["text"], path, anchor)

    def outside(text: str, path: str, anchor: str) -> str:
        if not (ROOT / path).exists():
            log.warning("%s links to %s, which does not exist", page.file.src_uri, path)
        if not config.repo_url:
            return f"`{path}`" if path.endswith(text.strip("`")) else f"{text} (`{path}`)"
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        address = f"{config.repo_url.rstrip('/')}/{kind}/main/{path}"
        return f"[{text}]({address}{anchor and '#'}{anchor})"

    markdown = LINK.sub(leading, markdown)
    notebook = Path(page.file.src_uri).with_suffix(".ipynb")
    if (ROOT / "docs" / notebook).exists():
        markdown += f"\n*This page is also [a notebook]({notebook.name}), with its outputs.*\n"
    return markdown


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Show a bar in a cell, written `\\|`, as GitHub does; and search texts without formulas."""
    html = html.replace('class="arithmatex"', 'class="arithmatex" data-search-exclude')
    return re.sub(r"<td[^>]*>.*?</td>", lambda cell: cell[0].replace(r"\|", "|"), html, flags=re.S)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Refuse what a page would fetch from elsewhere: the site works without a network."""
    for found in REMOTE.findall(output):
        log.warning("%s fetches something remote: %s", page.file.src_uri, found)
    return output
