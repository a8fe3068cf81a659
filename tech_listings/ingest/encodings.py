"""Which encoding a text file is in. Strict decoders first: most Korean files are UTF-8 or cp949, and only one fits."""

import codecs
import re
from typing import BinaryIO

from charset_normalizer import from_bytes

from tech_listings.ingest.problems import FileProblem

CHUNK = 1 << 20
SAMPLE = 1 << 18
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
USUAL_TEXT = re.compile(
    "[\n\r\t\x20-\x7e\u00a0-\u00ff\u2000-\u22ff\u2460-\u27bf\u3000-\u303f\u3130-\u318f\uac00-\ud7a3\u4e00-\u9fff\uff00-\uffef]"
)
HANGUL = re.compile("[\uac00-\ud7a3]")
NOT_ASCII = re.compile("[^\x00-\x7f]")
# A damaged file is still its encoding as long as damage is rare.
TOLERATED_DAMAGE = 0.02


def detect_encoding(file: BinaryIO) -> tuple[str, bool]:
    """The codec name for the whole of `file` (left at its start), and whether some bytes do not fit it.

    Raises:
        FileProblem: nothing fits.
    """
    file.seek(0)
    head = file.read(SAMPLE)
    file.seek(0)
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, _first_failure(file, name) is not None
    if b"\x00" in head and (found := _utf16_without_mark(head)):
        return found, False
    utf8_failure = _first_failure(file, "utf-8")
    if utf8_failure is None:
        return "utf-8", False
    cp949_failure = _first_failure(file, "cp949")
    if cp949_failure is None and _reads_as_korean(head):
        return ("euc-kr" if _first_failure(file, "euc-kr") is None else "cp949"), False
    return _damaged_or_foreign(head, utf8_failure)


def _first_failure(file: BinaryIO, encoding: str) -> int | None:
    """Byte offset near which strict decoding fails, or None. Leaves `file` at its start."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    offset = 0
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
            offset += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return offset + error.start
    finally:
        file.seek(0)
    return None


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 puts every second byte of ASCII (delimiters, line ends, digits) to zero, always on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < max(2, len(head) // 200) or min(even, odd) > 0.1 * max(even, odd):
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    return encoding if len(USUAL_TEXT.findall(text)) > 0.9 * len(text) else None


def _reads_as_korean(head: bytes) -> bool:
    """Chinese and Japanese encodings share the byte ranges of cp949, but then hardly any Hangul comes out."""
    text = head.decode("cp949", "ignore")
    foreign = NOT_ASCII.findall(text)
    return not foreign or len(HANGUL.findall(text)) >= 0.5 * len(foreign)


def _damaged_or_foreign(head: bytes, failure: int) -> tuple[str, bool]:
    for encoding in ("utf-8", "cp949"):
        text = head.decode(encoding, "replace")
        foreign = NOT_ASCII.findall(text)
        lost = text.count("\ufffd")
        if foreign and lost <= max(1, TOLERATED_DAMAGE * len(foreign)) and (len(foreign) > lost):
            if encoding == "cp949" and not _reads_as_korean(head):
                continue
            return encoding, True
    best = from_bytes(head).best()
    if best is not None and best.encoding not in {"ascii", "utf_8"}:
        try:
            head.decode(best.encoding)
        except (UnicodeDecodeError, LookupError):
            pass
        else:
            return best.encoding.replace("_", "-"), True
    raise FileProblem("unknown_encoding", value=failure)
