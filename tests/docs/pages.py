"""What the suites on the documentation share: its pages, their links and code blocks, and where words are found."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE_BY_HAND = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE_SPAN = re.compile(r"(`+)(.+?)\1")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text, without the indentation of the list that it stands in."""

    language: str
    text: str


def pages():
    """Every page of the documentation."""
    return [*(ROOT / name for name in MADE_BY_HAND), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page):
    """The page's path in the checkout."""
    return page.relative_to(ROOT).as_posix()


def blocks(page):
    """The fenced blocks of a page, in order."""
    found = []
    for match in _BLOCK.finditer(page.read_text("utf-8")):
        indent = match["indent"]
        lines = [line.removeprefix(indent) for line in match["text"].splitlines()]
        found.append(Block(match["language"], "\n".join(lines) + "\n"))
    return found


def prose(page):
    """A page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def links(page):
    """The targets of a page's links; what stands in code is no link."""
    return _LINK.findall(_CODE_SPAN.sub("", prose(page)))


def code_spans(page):
    """What stands in backticks in a page's prose."""
    return [match[1] for match in _CODE_SPAN.findall(prose(page))]


def anchors(page):
    """The anchors of a page's headings, as the usual renderers make them."""
    headings = _HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def page(name):
    """A page by its path in the checkout."""
    return ROOT / name
