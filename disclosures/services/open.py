"""Open the confidential text or a file. Whoever opens is asked for the right to it each time, and written down."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from typing import IO, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from deals.models import TransferRequest
from disclosures.enums import OpeningKind
from disclosures.models import ConfidentialFile, Disclosure, Opening
from disclosures.services.asking import lock_request, standing
from disclosures.services.files import FileGone, require_keeper
from marketplace.core.errors import Conflict, NotAllowed
from marketplace.core.watermark import write_mark
from obligations.services.secrecy import is_secret
from tech_listings.models import Listing

IN_MEMORY = 4 << 20


class NotOpen(Conflict):
    """Nothing is open to this request (any more): not offered, not accepted, closed, or its last day has passed."""

    code = "not_open"


class NotDeliverable(Conflict):
    """The file waits for its scan, or the scan found something."""

    code = "file_not_deliverable"


class Copy(NamedTuple):
    """A file to hand out: its name, its content type, and its content from the beginning."""

    name: str
    type: str
    content: IO[bytes]


@transaction.atomic
def open_text(*, request: TransferRequest, by: User, at: datetime) -> tuple[Disclosure, str]:
    """The confidential text for somebody of the firm that asked, written down. Raises `NotAllowed`, `NotOpen`."""
    disclosure = _open_disclosure(request, by, at)
    listing = disclosure.request.listing
    _write(listing, OpeningKind.TEXT, disclosure, disclosure.request.requester, by, at)
    return disclosure, listing.confidential_text


@transaction.atomic
def open_own_text(*, listing: Listing, kind: str = OpeningKind.TEXT, by: User, at: datetime) -> str:
    """The confidential text for the holder's own staff, written down like everybody's. Raises `NotAllowed`."""
    require_keeper(by, listing)
    _write(listing, kind, None, listing.holder, by, at)
    return listing.confidential_text


def open_file(
    *, file: ConfidentialFile, request: TransferRequest | None, by: User, clock: Callable[[], datetime] = timezone.now
) -> Copy:
    """A copy of a file, marked where its kind can be: for somebody of the firm that asked, or of the holder.

    The mark is written outside of any transaction; then the right to it is asked once more, and the opening is written
    down. Raises `NotAllowed`, `NotOpen`, `NotDeliverable`, `FileGone`, `NotMarkable`.
    """
    at = clock()
    with transaction.atomic():
        _disclosure, organization = _may_open(file, request, by, at)
    copy = _copy(file, _lines(organization, request, file.listing, by, at))
    try:
        with transaction.atomic():
            disclosure, organization = _may_open(file, request, by, clock())
            fresh = ConfidentialFile.objects.select_for_update(of=["self"], no_key=True).get(pk=file.pk)
            _refuse_undeliverable(fresh)
            _write(file.listing, OpeningKind.FILE, disclosure, organization, by, at, file=fresh)
    except BaseException:
        copy.content.close()
        raise
    return copy


def _may_open(
    file: ConfidentialFile, request: TransferRequest | None, by: User, at: datetime
) -> tuple[Disclosure | None, Organization]:
    _refuse_undeliverable(file)
    if request is None:
        by.forget_memberships()
        require_keeper(by, file.listing)
        return None, file.listing.holder
    if request.listing_id != file.listing_id:
        raise NotAllowed(_("This file belongs to another technology."))
    disclosure = _open_disclosure(request, by, at)
    return disclosure, disclosure.request.requester


def _open_disclosure(request: TransferRequest, by: User, at: datetime) -> Disclosure:
    """Locked, so that closing it and opening it follow one after the other."""
    locked = lock_request(request)
    by.forget_memberships()
    if not has_permission(by, Permission.VIEW_ORGANIZATION, locked.requester):
        raise NotAllowed(_("Only members of the firm that asked can do this."))
    disclosure = standing(locked)
    is_open = disclosure is not None and disclosure.is_open_on(timezone.localdate(at))
    # Its project became a security project after it was opened: nothing of that is shown to anybody, and not said why.
    if not is_open or is_secret(locked.listing):
        raise NotOpen(_("The confidential part is not open to this request. Its page says why, and what can be done."))
    assert disclosure is not None
    return disclosure


def _refuse_undeliverable(file: ConfidentialFile) -> None:
    if file.removed_at is not None:
        raise FileGone(_("The holder has removed this file."))
    if not file.is_deliverable:
        raise NotDeliverable(_("This file cannot be handed out: %(state)s.") % {"state": file.get_scan_state_display()})


def _lines(
    organization: Organization, request: TransferRequest | None, listing: Listing, by: User, at: datetime
) -> list[str]:
    """What is written on each page: for whom, who, for which request, when."""
    moment = f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S} KST"
    number = request.number if request is not None else listing.reference
    return [organization.name, f"{by.name} <{by.email}>", f"{number} · {moment}"]


def _copy(file: ConfidentialFile, lines: list[str]) -> Copy:
    copy = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        try:
            content = file.content.open("rb")
        except FileNotFoundError as error:
            raise FileGone(_("The holder has removed this file.")) from error
        with content:
            if file.is_marked:
                write_mark(content, copy, file.type, lines)
            else:
                for piece in content.chunks():
                    copy.write(piece)
                copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return Copy(file.name, file.type, copy)


def _write(
    listing: Listing,
    kind: str,
    disclosure: Disclosure | None,
    organization: Organization,
    by: User,
    at: datetime,
    *,
    file: ConfidentialFile | None = None,
) -> None:
    Opening.objects.create(
        listing=listing,
        kind=kind,
        file=file,
        revision=listing.revision,
        checksum=file.checksum if file else "",
        is_marked=bool(file and file.is_marked),
        request=disclosure.request if disclosure else None,
        disclosure=disclosure,
        organization=organization,
        at=at,
        by=by,
    )
