"""JSON (a list of objects, or an object that holds one) and JSON lines."""

import io
import json
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from tech_listings.ingest.delimited import _Uncloseable
from tech_listings.ingest.problems import FileProblem, problem
from tech_listings.ingest.tables import SAMPLE_ROWS, Format, Row, Table, cell_text, check_cells, with_samples

JSON_MAX_BYTES = 100 * 1024 * 1024


def open_jsonl(file: BinaryIO, encoding: str) -> Table:
    """One object per line; columns are the keys of the first 200 objects, in the order met."""
    text = io.TextIOWrapper(_Uncloseable(file), encoding=encoding, errors="replace")
    sample: list[dict[str, Any]] = []
    for line in text:
        if isinstance(item := _loads(line), dict):
            sample.append(item)
        elif sample == [] and line.strip():
            return open_json(file, encoding)  # one object over several lines
        if len(sample) >= SAMPLE_ROWS:
            break
    if len(sample) == 1 and _first_list(sample[0]):
        return open_json(file, encoding)  # a document on one line
    text.seek(0)
    return _table(Format.JSONL, encoding, sample, ((n, _loads(line), line) for n, line in enumerate(text, start=1)))


def open_json(file: BinaryIO, encoding: str) -> Table:
    """A list of objects, wherever in the document the first one is."""
    if file.seek(0, io.SEEK_END) > JSON_MAX_BYTES:
        raise FileProblem("too_large", have=file.tell() >> 20, want=JSON_MAX_BYTES >> 20)
    file.seek(0)
    try:
        document = json.loads(file.read().decode(encoding, "replace").lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise FileProblem("broken_json", line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):
        raise FileProblem("broken_json", line=1, column=1) from None
    items = _first_list(document)
    if items is None and isinstance(document, dict):
        items = [document]
    if not items:
        raise FileProblem("json_without_rows")
    numbered = ((n, item, item) for n, item in enumerate(items, start=1))
    return _table(Format.JSON, encoding, [i for i in items[:SAMPLE_ROWS] if isinstance(i, dict)], numbered)


def _loads(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _first_list(document: Any) -> list[Any] | None:
    """Breadth first, so that a nested list inside a record is not taken for the records."""
    queue = deque([document])
    while queue:
        item = queue.popleft()
        if isinstance(item, list) and any(isinstance(i, dict) for i in item):
            return item
        if isinstance(item, dict):
            queue.extend(v for v in item.values() if isinstance(v, list | dict))
    return None


def _table(format: Format, encoding: str, sample: list[dict[str, Any]], items: Iterator[tuple[int, Any, Any]]) -> Table:
    if not sample:
        raise FileProblem("json_without_rows")
    keys = list(dict.fromkeys(key for item in sample for key in item))
    columns = with_samples(keys, [[cell_text(item.get(k)) for k in keys] for item in sample])
    table = Table(format=format, columns=columns, source=iter(()), encoding=encoding, header_row=0)
    table.source = _rows(table, keys, items)
    return table


def _rows(table: Table, keys: list[str], items: Iterator[tuple[int, Any, Any]]) -> Iterator[Row]:
    for number, item, original in items:
        if isinstance(item, dict):
            cells = [cell_text(item.get(key)) for key in keys]
            yield check_cells(number, cells, table, "".join(cells))
        elif isinstance(original, str) and not original.strip():
            table.blank_rows += 1
        else:
            yield Row(number, [""] * len(keys), problem(number, "bad_json", value=str(original)))
