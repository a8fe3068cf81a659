"""The document of a contract: its prose is a template per language, and what is stored of it are blocks of words."""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from marketplace.core.pdf import Block, make_pdf

LANGUAGES = ("ko", "en")
TAGS = {"h1": "title", "h2": "heading", "p": "text", "li": "item", "dt": "term", "dd": "fact", "address": "line"}
SPACES = re.compile(r"\s+")


class _Reader(HTMLParser):
    """Reads the few tags that a document of ours has. What people wrote was escaped by the template and is words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[list[str]] = []
        self.words: list[str] | None = None
        self.term = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in TAGS:
            self.words = []
        elif tag == "br" and self.words is not None:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(SPACES.sub(" ", data))

    def handle_endtag(self, tag: str) -> None:
        if tag not in TAGS or self.words is None:
            return
        lines = (SPACES.sub(" ", line).strip() for line in "".join(self.words).split("\n"))
        text = "\n".join(line for line in lines if line)
        self.words = None
        if tag == "dt":
            self.term = text
        elif tag == "dd":
            self.blocks.append(["fact", self.term, text])
        elif text:
            self.blocks.append([TAGS[tag], text])


def blocks_of(html: str) -> list[list[str]]:
    """The blocks of a document written with `h1 h2 p li dt dd address` and `br`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.blocks


def write_documents(context: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """The document in each language. `context` has functions of the language where words depend on it."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            html = render_to_string(f"deals/contracts/document/{language}.html", {**context, "language": language})
        found[language] = blocks_of(html)
    return found


def pdf_of(blocks: Sequence[Block], *, number: str, serial: int, digest: str, language: str) -> bytes:
    """The PDF of a stored document, with its hash at the foot of each page. The same document, the same bytes."""
    with translation.override(language):
        title = f"{blocks[0][1]} {number}" if blocks else number
    return make_pdf(blocks, title=title, foot=[f"{number} · v{serial} · {language}", f"SHA-256 {digest}"])
