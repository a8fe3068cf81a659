"""What every endpoint of the review begins with: reading the body, the right to it, and answering a key once."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.http import SignedInApiRequest
from marketplace.core.api import ErrorOut
from marketplace.core.idempotency import NEEDED, OFFERED, idempotency_key
from programmes.models import Call
from programmes.queries.review import calls_of
from programmes.services.review.once import is_answered, once

REFUSALS = {400: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut}


def answered(
    request: SignedInApiRequest, body: dict[str, Any], act: Callable[[], Any], code: int = status.HTTP_200_OK
) -> Response:
    """What `act` gives as data. Under a key it is done once: sent again, the first answer comes again. A file counts
    by its name and content."""
    key = idempotency_key(request)
    if key is None:
        return Response(act(), status=code)
    told = {name: _content(value) if isinstance(value, UploadedFile) else value for name, value in body.items()}
    at = timezone.now()
    return Response(once(key=key, by=request.user, address=request.path, body=told, at=at, act=act), status=code)


def answered_with_file(
    request: SignedInApiRequest, body: dict[str, Any], *, read: Callable[[], Any], keep: Callable[[Any], Model],
    out: type[Serializer], file: str,
) -> Response:  # fmt: skip
    """As `answered`, for what keeps a file in its field `file`: `read` before the key is held, as it takes a moment.

    The content is no part of the transaction: where something fails after it was kept, it goes as its row does.
    """
    made: list[Model] = []
    key = idempotency_key(request)
    # Under a key that was answered nothing is read: the first answer comes again though the scanner is away.
    taken = None if key and is_answered(key=key, by=request.user) else read()

    def act() -> dict[str, Any]:
        made.append(keep(read() if taken is None else taken))
        return dict(out(made[-1]).data)

    try:
        return answered(request, body, act, status.HTTP_201_CREATED)
    except BaseException:
        for each in made:
            if not type(each)._base_manager.filter(pk=each.pk).exists():  # one that was there before stays
                getattr(each, file).delete(save=False)
        raise


def _content(file: UploadedFile) -> list[str]:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return [file.name or "", digest.hexdigest()]


def for_officers(request: SignedInApiRequest) -> None:
    if not request.user.has_perm("programmes.review"):
        raise PermissionDenied(_("Only officers who check applications may see this."))


def call_of(request: SignedInApiRequest, number: str) -> Call:
    for_officers(request)
    return get_object_or_404(calls_of(request.user), number=number)


def described(body: Any, answer: Any, summary: str, *, keyed: bool = False) -> Any:
    """The description of an act: its body, what comes back, how it is refused. `keyed` ones need their key."""
    responses = {200: answer, **REFUSALS}
    return extend_schema(request=body, responses=responses, summary=summary, parameters=[NEEDED if keyed else OFFERED])
