"""Letters of documents: each is drawn by a font that has it."""

import io

import pytest
from PIL import Image
from pypdf import PdfReader

from marketplace.core.files import DocumentType
from marketplace.core.fonts import FONT, font_of, runs
from marketplace.core.pdf import make_pdf
from marketplace.core.watermark import write_mark

NAMES = "주식회사 펲쀍 · 國際技術株式會社 · 北京龙腾科技有限公司 · 青岛晟铭 · Ieum Co., Ltd."


def test_what_the_design_system_lacks_another_font_draws():
    assert font_of("가") == font_of("A") == font_of("\n") == font_of("…") == FONT
    assert font_of("펲").startswith("noto-sans-kr-")
    assert font_of("國").startswith("noto-sans-kr-")
    assert font_of("龙").startswith("noto-sans-sc-")
    assert font_of("\U0001f9ff") == FONT  # nobody has it: a box
    assert "".join(letters for _font, letters in runs(NAMES)) == NAMES


def test_a_mark_has_every_letter_of_a_name():
    out = io.BytesIO()
    write_mark(io.BytesIO(make_pdf([["text", "x"]], title="x", foot=["x"])), out, DocumentType.PDF, [NAMES, "A"])
    read = PdfReader(out).pages[0].extract_text()
    assert NAMES.replace(" ", "") in read.replace("\n", "").replace(" ", "")


def test_a_mark_on_a_picture_draws_chinese_characters_apart_from_boxes():
    def marked(words):
        out, plain = io.BytesIO(), io.BytesIO()
        Image.new("RGB", (600, 300), "white").save(plain, "PNG")
        write_mark(plain, out, DocumentType.PNG, [words])
        return Image.open(out).tobytes()

    box = "\U0001f9ff"  # no font has it
    assert marked("龙腾晟") != marked(box * 3)
    assert marked("龙腾晟") != marked("晟龙腾")  # boxes would be equal


@pytest.mark.parametrize("kind", ["title", "heading", "text", "item", "line", "fact"])
def test_every_letter_of_a_name_stands_in_the_pdf(kind):
    words = [NAMES] * (2 if kind == "fact" else 1)
    blocks = [["title", "계약서"], [kind, *words], ["text", NAMES * 12]]
    made = make_pdf(blocks, title="計약", foot=["C2026000001"])
    read = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    bare = read.replace("\n", "").replace(" ", "")
    assert bare.count(NAMES.replace(" ", "")) >= 12 + len(words)
    assert made == make_pdf(blocks, title="計약", foot=["C2026000001"])
