"""Where a reader of the feed stands, as a text that only we can make."""

import base64
import binascii
import json
from dataclasses import dataclass
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from marketplace.core.errors import DomainError
from open_data.enums import Collection
from open_data.models import Era

SIGNER = Signer(salt="open_data.cursor", sep=".")
LONGEST = 4_000
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


class BadCursor(DomainError):
    code = "cursor_unknown"


class OldCursor(DomainError):
    """Made before the database came back from a copy: what it says of the order no longer holds."""

    code = "cursor_too_old"
    status = 410


@dataclass(frozen=True)
class Position:
    """Everything up to and with `(xid, object_id)` was read, and what `snapshot` (a `pg_snapshot`, of a file) saw."""

    collection: str
    xid: int = 0
    object_id: UUID = FIRST
    snapshot: str = ""

    @property
    def text(self) -> str:
        said = [era(), self.collection, self.xid, self.object_id.hex, self.snapshot]
        packed = base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")
        return SIGNER.sign(packed)

    def after(self, xid: int, object_id: UUID) -> "Position":
        """Having read up to there; the snapshot is carried as long as it says something."""
        top = int(self.snapshot.split(":")[1]) if self.snapshot else 0
        return Position(self.collection, xid, object_id, self.snapshot if xid < top else "")


def era() -> int:
    return Era.objects.order_by("-number").values_list("number", flat=True).first() or 1


def position_of(text: str, *, collection: str | None = None) -> Position:
    """Raises `BadCursor` for what we did not make or made for another collection, `OldCursor`."""
    if not text:
        return Position(collection or Collection.LISTINGS)
    try:
        packed = SIGNER.unsign(text[:LONGEST])
        made, of, xid, object_id, snapshot = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (BadSignature, binascii.Error, ValueError):
        raise BadCursor(_("This cursor is not one of ours. Begin again without one."), field="since") from None
    if collection is not None and of != collection:
        raise BadCursor(_("This cursor is of another collection: “%(name)s”.") % {"name": of}, field="since")
    if made != era():
        raise OldCursor(
            _("The feed began anew. Take the newest bulk file, and go on from the cursor that stands with it."),
            field="since",
        )
    return Position(of, xid, UUID(object_id), snapshot)
