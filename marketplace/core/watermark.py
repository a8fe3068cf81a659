"""Writes on each page of a PDF, and on a picture, who downloaded it and when.

What is on the pages is not read, only put between a save and a restore of the drawing state: it stays packed as it
came, and a thousand pages take a quarter of a second. Of a PDF only its pages are kept: scripts and attached files
stay behind.
"""

import io
import math
from collections.abc import Sequence
from typing import IO, Any, BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from marketplace.core.errors import DomainError
from marketplace.core.files import DocumentType
from marketplace.core.fonts import font_file, runs

MOST_PAGES = 3_000
MOST_PIXELS = 25_000_000
ANGLE = 30
MARKED = frozenset({DocumentType.PDF, DocumentType.PNG, DocumentType.JPEG})
"""Types that can carry a mark. The others are given as they are, and pages say so."""


class NotMarkable(DomainError):
    """It cannot be opened, is closed by a password, or is too large for a mark."""

    code = "file_not_markable"


def check_markable(file: BinaryIO, type: str, *, field: str | None = "file") -> None:
    """Raise `NotMarkable` with what to do about it, for a PDF or picture no mark could be written on."""
    if type == DocumentType.PDF:
        _open_pdf(file, field)
    elif type in MARKED:
        _open_picture(file, field)
    file.seek(0)


def write_mark(file: BinaryIO, out: IO[bytes], type: str, lines: Sequence[str]) -> None:
    """Write `file` with `lines` on each page to `out`. Raises `NotMarkable`. A type not in `MARKED` is a KeyError."""
    {DocumentType.PDF: _mark_pdf, DocumentType.PNG: _mark_picture, DocumentType.JPEG: _mark_picture}[
        DocumentType(type)
    ](file, out, lines)
    out.seek(0)


# --- PDF --------------------------------------------------------------------------------------------------------------


def _open_pdf(file: BinaryIO, field: str | None) -> PdfReader:
    damaged = NotMarkable(_("This PDF is damaged. Open it, print it to a new PDF and send that one."), field=field)
    try:
        file.seek(0)
        reader = PdfReader(file)
        if reader.is_encrypted:
            raise NotMarkable(
                _("This PDF is protected by a password, so no watermark can be written. Send it without."), field=field
            )
        pages = len(reader.pages)
        for page in reader.pages[: min(pages, MOST_PAGES)]:
            page.mediabox  # noqa: B018 - a page without a size cannot be drawn on
    except NotMarkable:
        raise
    except Exception as error:  # whatever its reading raises: a stranger wrote it
        raise damaged from error
    if not pages:
        raise damaged
    if pages > MOST_PAGES:
        raise NotMarkable(_("At most %(most)s pages.") % {"most": f"{MOST_PAGES:,}"}, field=field)
    return reader


def _mark_pdf(file: BinaryIO, out: IO[bytes], lines: Sequence[str]) -> None:
    reader = _open_pdf(file, None)
    writer = PdfWriter()
    marks: dict[tuple[int, int, int], tuple[Any, Any]] = {}
    try:
        before = writer._add_object(_stream(b"q\n"))
        for page in reader.pages:
            added = writer.add_page(page)
            _take_actions_away(added)
            box = added.mediabox
            size = (math.ceil(box.width), math.ceil(box.height), (added.rotation or 0) % 360)
            if size not in marks:
                marks[size] = _mark_of(writer, size, lines)
            mark, place = marks[size]
            own = added.get("/Contents")
            contents = ArrayObject([before])
            if own is not None:
                whole = own.get_object()
                contents.extend(whole if isinstance(whole, ArrayObject) else [added.raw_get("/Contents")])
            shift = f"\nQ q 1 0 0 1 {float(box.left):.2f} {float(box.bottom):.2f} cm /{place} Do Q\n"
            contents.append(writer._add_object(_stream(shift.encode())))
            added[NameObject("/Contents")] = contents
            _add_resource(added, place, mark)
        writer.write(out)
    except Exception as error:
        raise NotMarkable(_("The watermark could not be written on this PDF. Tell its holder.")) from error


def _take_actions_away(page: Any) -> None:
    """What would run or lead elsewhere; what notes and filled-in fields show stays."""
    notes = page.get("/Annots")
    parts = [page, *(note.get_object() for note in (notes.get_object() if notes is not None else []))]
    for part in parts:
        for name in ("/A", "/AA"):
            if isinstance(part, DictionaryObject) and name in part:
                del part[NameObject(name)]


def _stream(data: bytes) -> StreamObject:
    stream = StreamObject()
    stream.set_data(data)
    return stream


def _add_resource(page: Any, place: str, mark: Any) -> None:
    """Own dictionaries for the page: those it came with may be shared with others, or come from the tree above."""
    resources = page.get("/Resources")
    resources = DictionaryObject(resources.get_object()) if resources is not None else DictionaryObject()
    pictures = resources.get("/XObject")
    pictures = DictionaryObject(pictures.get_object()) if pictures is not None else DictionaryObject()
    pictures[NameObject(f"/{place}")] = mark
    resources[NameObject("/XObject")] = pictures
    page[NameObject("/Resources")] = resources


def _mark_of(writer: PdfWriter, size: tuple[int, int, int], lines: Sequence[str]) -> tuple[Any, str]:
    """A page of nothing but the mark, as something other pages can draw; and its name on them."""
    width, height, rotation = size
    drawn = io.BytesIO()
    canvas = Canvas(drawn, pagesize=(width, height), pageCompression=1)
    canvas.saveState()
    # A page that is shown turned is marked so that the words stand upright.
    canvas.translate(width / 2, height / 2)
    canvas.rotate(rotation)
    shown = (height, width) if rotation in (90, 270) else (width, height)
    _draw(canvas, shown, lines)
    canvas.restoreState()
    canvas.save()
    page = PdfReader(io.BytesIO(drawn.getvalue())).pages[0]
    form = _stream(page.get_contents().get_data())  # type: ignore[union-attr]
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): page.mediabox,
            NameObject("/Resources"): page["/Resources"].clone(writer),
        }
    )
    return writer._add_object(form), f"IeumMark{width}x{height}r{rotation}"


def _draw(canvas: Canvas, size: tuple[float, float], lines: Sequence[str]) -> None:
    """From the middle of the page: the lines across it, and once more in a row at the foot."""
    width, height = size
    canvas.setFillColorRGB(0.45, 0.45, 0.5)
    longest = max(_width(line) for line in lines)
    across = math.hypot(width, height) * 0.62
    letter = max(6.0, min(26.0, across / longest))
    canvas.saveState()
    canvas.rotate(ANGLE)
    canvas.setFillAlpha(0.28)
    for place, line in enumerate(lines):
        _draw_centred(canvas, line, ((len(lines) - 1) / 2 - place) * letter * 1.5, letter)
    canvas.restoreState()
    foot = " · ".join(lines)
    small = max(3.0, min(8.0, (width - 20) / _width(foot)))
    canvas.setFillAlpha(0.9)
    _draw_centred(canvas, foot, -height / 2 + small, small)


def _width(line: str) -> float:
    """Of the line in letters of size 1, each in a font that has it."""
    return sum(pdfmetrics.stringWidth(letters, font, 1) for font, letters in runs(line))


def _draw_centred(canvas: Canvas, line: str, y: float, size: float) -> None:
    x = -_width(line) * size / 2
    for font, letters in runs(line):
        canvas.setFont(font, size)
        canvas.drawString(x, y, letters)
        x += pdfmetrics.stringWidth(letters, font, size)


# --- pictures ---------------------------------------------------------------------------------------------------------


def _open_picture(file: BinaryIO, field: str | None) -> Image.Image:
    try:
        file.seek(0)
        picture = Image.open(file, formats=["PNG", "JPEG"])
        width, height = picture.size
        if width * height > MOST_PIXELS:
            most = MOST_PIXELS // 1_000_000
            raise NotMarkable(_("At most %(most)s million pixels.") % {"most": most}, field=field)
        picture.load()
    except NotMarkable:
        raise
    except Exception as error:
        raise NotMarkable(_("This picture is damaged. Save it anew and send that one."), field=field) from error
    return picture


def _mark_picture(file: BinaryIO, out: IO[bytes], lines: Sequence[str]) -> None:
    picture = _open_picture(file, None)
    kind = picture.format or "PNG"
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    # A strip below the picture, in which even a small one has room for the words; and the words across it.
    foot = " · ".join(lines)
    letter = max(12, min(upright.width // 60, 28))
    width = max(upright.width, math.ceil(_length(foot, letter)) + 2 * letter)
    whole = Image.new("RGBA", (width, upright.height + 2 * letter), "white")
    whole.paste(upright, (0, 0), upright)
    draw = ImageDraw.Draw(whole)
    _write(draw, (letter, upright.height + letter // 3), foot, letter, (60, 60, 70))
    _across(whole, lines)
    whole.convert("RGB").save(out, format=kind, **({"quality": 92} if kind == "JPEG" else {}))


def _across(whole: Image.Image, lines: Sequence[str]) -> None:
    """The words in the middle, turned, dark and light so that they show on any ground."""
    longest = max(_length(line, 100) for line in lines) / 100
    letter = int(max(10, min(120, math.hypot(*whole.size) * 0.62 / longest)))
    layer = Image.new("RGBA", (math.ceil(longest * letter) + letter, math.ceil(len(lines) * letter * 1.5)))
    draw = ImageDraw.Draw(layer)
    for place, line in enumerate(lines):
        left = (layer.width - _length(line, letter)) / 2
        _write(draw, (left + 1, place * letter * 1.5 + 1), line, letter, (255, 255, 255, 90))
        _write(draw, (left, place * letter * 1.5), line, letter, (60, 60, 70, 90))
    turned = layer.rotate(ANGLE, expand=True, resample=Image.Resampling.BICUBIC)
    whole.alpha_composite(
        turned.crop((0, 0, min(turned.width, whole.width), min(turned.height, whole.height))),
        (max(0, (whole.width - turned.width) // 2), max(0, (whole.height - turned.height) // 2)),
    )


def _length(line: str, size: int) -> float:
    return sum(_drawn_by(font, size).getlength(letters) for font, letters in runs(line))


def _write(draw: ImageDraw.ImageDraw, at: tuple[float, float], line: str, size: int, fill: tuple[int, ...]) -> None:
    """From `at`, the upper end of the letters, each in a font that has it, on one line."""
    left, top = at
    base = top + _drawn_by(runs("A")[0][0], size).getmetrics()[0]
    for name, letters in runs(line):
        font = _drawn_by(name, size)
        draw.text((left, base), letters, font=font, fill=fill, anchor="ls")
        left += font.getlength(letters)


def _drawn_by(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(font_file(font)), size)
