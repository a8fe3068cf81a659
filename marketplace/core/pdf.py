"""Documents as blocks of words, and the PDF that is made of them: the same blocks always give the same bytes.

A block is a list of a kind and its words: `["title", …]`, `["heading", …]`, `["text", …]`, `["item", …]`,
`["fact", term, words]`, `["line", …]` (a line to sign on). Blocks are data: they are stored, compared and hashed.
"""

import io
from collections.abc import Sequence
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from marketplace.core.fonts import drawing_font, runs

Block = Sequence[str]
MARGIN, FOOT = 22 * mm, 24 * mm
FOOT_SIZE = 7.5
INK, QUIET = HexColor("#1e2124"), HexColor("#464c53")
KINDS = frozenset({"title", "heading", "text", "item", "fact", "line"})


def make_pdf(blocks: Sequence[Block], *, title: str, foot: Sequence[str]) -> bytes:
    """An A4 document of `blocks` with `foot` and the number of the page on each page.

    `title` stands in the window of whoever reads it. Nothing of the clock or of chance goes in.
    """
    font = drawing_font()
    styles = _styles(font)
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + FOOT / 2,
        title=title, author="", creator="", subject="", invariant=1,
    )  # fmt: skip

    def draw_foot(canvas: Canvas, doc: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFillColor(QUIET)
        for place, line in enumerate(reversed(foot)):
            across = MARGIN
            for name, letters in runs(line):
                canvas.setFont(name, FOOT_SIZE)
                canvas.drawString(across, MARGIN / 2 + 4 * mm * place, letters)
                across += canvas.stringWidth(letters, name, FOOT_SIZE)
        canvas.setFont(font, FOOT_SIZE)
        canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(doc.page))
        canvas.restoreState()

    frame = Frame(document.leftMargin, document.bottomMargin, document.width, document.height, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=draw_foot)])
    document.build(list(_flow(blocks, styles, document.width)))
    return out.getvalue()


def _flow(blocks: Sequence[Block], styles: dict[str, ParagraphStyle], width: float) -> list[Flowable]:
    found: list[Flowable] = []
    heading: Flowable | None = None
    for kind, *words in blocks:
        if kind not in KINDS:
            raise ValueError(f"no block is called {kind!r}")
        drawn: Flowable
        if kind == "fact":
            cells = [Paragraph(_safe(word), styles[name]) for word, name in zip(words, ("term", "cell"), strict=True)]
            drawn = Table([cells], colWidths=[width * 0.3, width * 0.7], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
        elif kind == "item":
            drawn = Paragraph(_safe(words[0]), styles["item"], bulletText="–")
        else:
            drawn = Paragraph(_safe(words[0]), styles[kind])
        if kind == "heading":
            heading = drawn
            continue
        # A heading stays with what follows it.
        found.append(KeepTogether([heading, drawn]) if heading is not None else drawn)
        heading = None
        if kind == "title":
            found.append(Spacer(1, 6 * mm))
    return [*found, heading] if heading is not None else found


def _safe(words: str) -> str:
    """Words as markup, each letter in a font that has it."""
    usual = drawing_font()
    return "".join(
        escape(letters, quote=False) if font == usual else f'<font name="{font}">{escape(letters, quote=False)}</font>'
        for font, letters in runs(words)
    ).replace("\n", "<br/>")


def _styles(font: str) -> dict[str, ParagraphStyle]:
    def style(name: str, **also: object) -> ParagraphStyle:
        given = {"fontName": font, "fontSize": 10, "leading": 16, "textColor": INK, "wordWrap": "CJK", "spaceAfter": 4}
        return ParagraphStyle(name, **(given | also))

    return {
        "title": style("title", fontSize=18, leading=26, alignment=TA_CENTER),
        "heading": style("heading", fontSize=11.5, leading=18, spaceBefore=8),
        "text": style("text"),
        "item": style("item", leftIndent=12, bulletIndent=2),
        "term": style("term", textColor=QUIET, spaceAfter=0),
        "cell": style("cell", spaceAfter=0),
        "line": style("line", spaceBefore=18),
    }
