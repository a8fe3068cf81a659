"""The mark on a download, read back."""

import io
import time

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from marketplace.core.watermark import MOST_PAGES, NotMarkable, check_markable, write_mark
from tests.factories.disclosures import pdf, picture

LINES = ["푸른솔배터리 주식회사", "김하늘 <sky@example.org>", "R2026000014 · 2026-11-26 12:00:00 KST"]


def marked(content, type="application/pdf"):
    out = io.BytesIO()
    write_mark(io.BytesIO(content), out, type, LINES)
    return out.getvalue()


def changed(content, change):
    writer, out = PdfWriter(clone_from=PdfReader(io.BytesIO(content))), io.BytesIO()
    change(writer)
    writer.write(out)
    return out.getvalue()


def test_every_page_says_for_whom_who_when_and_for_which_request():
    pages = PdfReader(io.BytesIO(marked(pdf(3)))).pages

    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert f"Composition {number}" in text
        assert all(line in text for line in LINES)


def test_the_font_is_in_the_file_so_that_hangul_shows_everywhere():
    reader = PdfReader(io.BytesIO(marked(pdf(1))))
    mark = next(v for k, v in reader.pages[0]["/Resources"]["/XObject"].items() if k.startswith("/IeumMark"))
    fonts = [font.get_object() for font in mark.get_object()["/Resources"]["/Font"].values()]

    assert any("/FontFile2" in font.get("/FontDescriptor", {}) for font in fonts)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_cropped_and_nested_pages_are_marked_too(rotation):
    def turn(writer):
        page = writer.pages[0]
        page.rotate(rotation)
        page.mediabox.lower_left = (50, 60)
        # Two pieces of content, of which one saves the drawing state and does not restore it.
        page[NameObject("/Contents")] = page["/Contents"]

    text = PdfReader(io.BytesIO(marked(changed(pdf(2), turn)))).pages[0].extract_text()
    assert LINES[0] in text
    assert LINES[2] in text


def test_a_page_without_content_or_resources_is_marked():
    def empty(writer):
        writer.add_blank_page(300, 300)

    assert LINES[1] in PdfReader(io.BytesIO(marked(changed(pdf(1), empty)))).pages[1].extract_text()


def test_scripts_and_attached_files_stay_behind():
    def arm(writer):
        script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
        writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): DictionaryObject(script)})
        writer.add_attachment("evil.exe", b"MZ evil")

    armed = changed(pdf(1), arm)
    assert b"/JavaScript" in armed
    assert b"/JavaScript" not in marked(armed)
    assert PdfReader(io.BytesIO(marked(armed))).attachments == {}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_gets_a_strip_with_the_words_and_the_words_across_it(kind):
    before = Image.open(io.BytesIO(picture(kind, (900, 600))))
    after = Image.open(io.BytesIO(marked(picture(kind, (900, 600)), f"image/{kind.lower()}")))

    assert after.format == kind
    assert after.height > before.height
    inside = after.crop((0, 0, 900, 600)).convert("RGB")
    assert ImageChops.difference(inside, before.convert("RGB")).getbbox() is not None
    strip = after.crop((0, 600, 900, after.height)).convert("L")
    darkest, lightest = strip.getextrema()
    assert darkest < 128 < lightest


def test_a_thousand_pages_take_moments():
    content = pdf(1000)
    begun = time.perf_counter()

    marked(content)

    assert time.perf_counter() - begun < 5  # 0.3 s where nothing else runs


def test_what_cannot_be_marked_says_what_to_do():
    encrypted = changed(pdf(1), lambda writer: writer.encrypt("x"))
    for content, words in ((encrypted, "password"), (b"%PDF-1.4 x", "damaged"), (pdf(MOST_PAGES + 1), "At most")):
        with pytest.raises(NotMarkable, match=words):
            check_markable(io.BytesIO(content), "application/pdf")
        with pytest.raises(NotMarkable, match=words):
            marked(content)
    check_markable(io.BytesIO(b"anything"), "application/x-hwp")
