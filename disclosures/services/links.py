"""Links to one file for one person, for a few minutes. What they allow is asked again when they are used."""

from typing import NamedTuple
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import DomainError

MINUTES = 5
NOT_YOURS = gettext_lazy("There is nothing here, or it is not for you to see.")
SALT = "disclosures.links"


class LinkOver(DomainError):
    """Its minutes have passed (410)."""

    code = "link_over"
    status = 410

    def __init__(self, target: "Target") -> None:
        super().__init__(_("This link was good for %(minutes)s minutes. Ask for a new one.") % {"minutes": MINUTES})
        self.target = target


class NoLink(DomainError):
    """Not ours, or another person's or another session's (404)."""

    code = "not_found"
    status = 404


class Target(NamedTuple):
    """`request_id` is None where the holder's own people download."""

    file_id: UUID
    request_id: UUID | None


def make_link(*, file_id: UUID, request_id: UUID | None, bearer: str) -> str:
    """A token for an address. `bearer` says who may use it: a session or a program's token."""
    given = [str(file_id), str(request_id) if request_id else "", bearer]
    return signing.dumps(given, salt=SALT, compress=False)


def read_link(token: str, *, bearer: str) -> Target:
    """What the token stands for. Raises `LinkOver`, and `NoLink` for another bearer, however old it is."""
    try:
        file_id, request_id, meant = signing.loads(token, salt=SALT)
        fresh = True
        try:
            signing.loads(token, salt=SALT, max_age=MINUTES * 60)
        except signing.SignatureExpired:
            fresh = False
        target = Target(UUID(file_id), UUID(request_id) if request_id else None)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoLink(NOT_YOURS) from error
    if meant != bearer:
        raise NoLink(NOT_YOURS)
    if not fresh:
        raise LinkOver(target)
    return target
