"""`Idempotency-Key`: a client that got no answer may send again (lessons F48)."""

import hashlib
import json
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from marketplace.core.errors import Conflict

HEADER = "Idempotency-Key"
PARAMETER = OpenApiParameter(
    HEADER, UUID, OpenApiParameter.HEADER, description="The same key sent again gives the first answer again."
)

NEEDED = OpenApiParameter(
    HEADER, UUID, OpenApiParameter.HEADER, required=True,
    description="The same key sent again gives the first answer again; with another body it is refused.",
)  # fmt: skip

OFFERED = OpenApiParameter(
    HEADER, UUID, OpenApiParameter.HEADER,
    description="With a key it is done once: sent again it gives the first answer, with another body it is refused.",
)  # fmt: skip


def body_digest(said: Any) -> str:
    """SHA-256 of what came with a key, whatever the order of its names: another one is another request.

    Half a surrogate pair, which a client may send as the name of a field, is no UTF-8 and counts as it stands: the
    answer to it is the one of whoever reads that field.
    """
    text = json.dumps(said, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class KeyReused(Conflict):
    """The same key came with something else: the sentence says what it was used for."""

    code = "idempotency_key_reused"


def needed_key(request: Request) -> UUID:
    """The key of a request that must have one: it moves money, or makes what leads to it. Raises `ValidationError`."""
    key = idempotency_key(request)
    if key is None:
        raise ValidationError({HEADER: [_("Send a key: a UUID for each request, the same when you try it again.")]})
    return key


def idempotency_key(request: Request) -> UUID | None:
    """The key of the request, None without one. Raises `ValidationError` where it is no UUID."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError({HEADER: [_("The key must be a UUID.")]}) from None
