"""XML answers of KIPRIS and of data.go.kr services: `items` that hold PatentUtilityInfo or item elements."""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.tables import SAMPLE_ROWS, Format, Row, Table, check_cells, with_samples

RECORDS = frozenset({"PatentUtilityInfo", "item", "Item", "record", "row"})
FINE = frozenset({"", "0", "00", "000", "INFO-000", "INFO-00"})


def open_xml(file: BinaryIO, encoding: str) -> Table:
    """Columns are the element names of the first 200 records. Entities and DTDs are refused (lessons F32)."""
    file = readable_by_expat(file, encoding)
    sample: list[dict[str, str]] = []
    for _, item in _records(file):
        sample.append(item)
        if len(sample) == SAMPLE_ROWS:
            break
    if not sample:
        raise FileProblem("no_items")
    names = list(dict.fromkeys(name for item in sample for name in item))
    columns = with_samples(names, [[item.get(n, "") for n in names] for item in sample])
    table = Table(format=Format.KIPRIS_XML, columns=columns, source=iter(()), encoding=encoding, header_row=0)
    table.source = _rows(table, names, file)
    return table


def readable_by_expat(file: BinaryIO, encoding: str) -> BinaryIO:
    """expat reads UTF-8 and UTF-16 only; anything else is turned into UTF-8, and so is what it declares."""
    if encoding.startswith("utf"):
        return file
    file.seek(0)
    text = file.read().decode(encoding, "replace")
    return io.BytesIO(re.sub(r"(<\?xml[^>]*?)encoding=[\"'][^\"']*[\"']", r"\1", text, count=1).encode())


def _rows(table: Table, names: list[str], file: BinaryIO) -> Iterator[Row]:
    for number, item in _records(file):
        cells = [item.get(name, "") for name in names]
        yield check_cells(number, cells, table, "".join(cells))


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _records(file: BinaryIO) -> Iterator[tuple[int, dict[str, str]]]:
    file.seek(0)
    number = 0
    message = ""
    try:
        for _, element in iterparse(file, events=("end",), forbid_dtd=True):
            name = _local(element.tag)
            if name in RECORDS and len(element):
                number += 1
                yield number, _flat(element)
                element.clear()
            elif name in {"resultMsg", "returnAuthMsg", "errMsg"}:
                message = (element.text or "").strip()
            elif name in {"successYN"} and (element.text or "").strip().upper() == "N":
                raise FileProblem("service_error", value=message or "N")
            elif name in {"resultCode", "returnReasonCode"} and (code := (element.text or "").strip()) not in FINE:
                message = f"{code} {message}".strip()
    except DefusedXmlException:
        raise FileProblem("forbidden_xml") from None
    except ParseError as error:
        raise FileProblem("broken_xml", line=error.position[0]) from None
    except (ValueError, LookupError):
        raise FileProblem("broken_xml", line=1) from None
    if number == 0 and message:
        raise FileProblem("service_error", value=message)


def _flat(element: Element) -> dict[str, str]:
    """Element names to text; a name that comes twice is joined by |."""
    found: dict[str, str] = {}
    for child in element.iter():
        if child is element or len(child):
            continue
        name, text = _local(child.tag), (child.text or "").strip()
        if not text:
            found.setdefault(name, "")
        else:
            found[name] = f"{found[name]}|{text}" if found.get(name) else text
    return found
