"""Downloads that go on where they were cut off (RFC 9110 §14)."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
PIECE = 64 * 1024


def part_of_file(request: HttpRequest, path: Path, *, name: str, checksum: str) -> HttpResponseBase:
    """The file, or the one part of it that `Range` asks for; 416 where it has none such. `Http404` where it is gone."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Http404 from None
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    same = request.headers.get("If-Range") in (None, f'"{checksum}"')
    response: HttpResponseBase
    if asked and same and any(asked.groups()):
        first, last = _bounds(asked[1], asked[2], size)
        if first > last:
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return response
        response = StreamingHttpResponse(_pieces(path, first, last), status=206, content_type="application/gzip")
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
        response["Content-Length"] = str(last - first + 1)
    else:
        response = FileResponse(path.open("rb"), content_type="application/gzip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{checksum}"'
    return response


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte; the first after the last where nothing is meant."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _pieces(path: Path, first: int, last: int) -> Iterator[bytes]:
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
