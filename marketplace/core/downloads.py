"""Documents leave the house as downloads only."""

from io import BytesIO

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404


def download(stored: FieldFile, *, name: str, type: str) -> FileResponse:
    """The file as it was sent, never shown in the browser and kept by nobody on the way. `Http404` where it is gone.

    For whoever may see what it belongs to; `name` and `type` are those of its content (`core.files.read_document`).
    """
    if not stored:
        raise Http404
    try:
        with stored.open("rb") as opened:
            file = BytesIO(opened.read())  # some megabytes at most, see `scanned`
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=name, content_type=type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
