"""Documents of applications leave the house as downloads only."""

import io

from django.http import FileResponse, Http404

from brokers.models import ApplicationDocument


def document_response(document: ApplicationDocument) -> FileResponse:
    """The file as it was sent, never shown in the browser and kept by nobody on the way. `Http404` where it is gone.

    For whoever may see the application.
    """
    try:
        with document.file.open("rb") as stored:
            file = io.BytesIO(stored.read())  # some megabytes at most, see `services.registration.documents`
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=document.name, content_type=document.type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
