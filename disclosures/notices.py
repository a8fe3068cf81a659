"""What this app tells people, and whom. Messages say which request, never what is confidential: no name of a file."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from deals.models import TransferRequest
from disclosures.models import ConfidentialFile, Disclosure
from notifications import registry
from notifications.outbox import notify

REQUEST, FILE = "deals.transferrequest", "disclosures.confidentialfile"


def requests_visible_to(user: User) -> QuerySet[TransferRequest]:
    return TransferRequest.objects.visible_to(user)


def files_visible_to(user: User) -> QuerySet[ConfidentialFile]:
    return ConfidentialFile.objects.visible_to(user)


def with_the_date_as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**params, "until": date_format(date.fromisoformat(params["until"]), "SHORT_DATE_FORMAT")}


def _register(kind: str, title: Any, body: Any) -> None:
    registry.register(
        kind, title=title, body=body, targets=requests_visible_to, present=with_the_date_as_people_write_it
    )


_register(
    "disclosure_offered",
    _("Request %(number)s: the holder opens the confidential part"),
    _("It can be read until %(until)s, once a manager of your organization accepts the confidentiality terms."),
)
_register(
    "disclosure_asked",
    _("Request %(number)s: please accept the confidentiality terms"),
    _("%(who)s wants to read the confidential part. Only a manager can accept the terms."),
)
_register(
    "disclosure_accepted",
    _("Request %(number)s: the confidentiality terms were accepted"),
    _("The confidential part can be read until %(until)s. Every opening is recorded."),
)
_register(
    "disclosure_end_changed",
    _("Request %(number)s: the confidential part has a new last day"),
    _("The holder keeps it open until %(until)s."),
)
_register(
    "disclosure_revoked",
    _("Request %(number)s: the confidential part was closed"),
    _("The holder has closed it. Delete what you downloaded, as the terms say."),
)
registry.register(
    "confidential_file_infected",
    title=_("A file of technology %(listing)s was infected"),
    body=_("The virus scan found something. The file was deleted; send a clean one."),
    targets=files_visible_to,
)
registry.register(
    "confidential_scan_failed",
    title=_("A file of technology %(listing)s could not be scanned"),
    body=_("It was tried several times. Nobody can download the file until a scan succeeds: try again on its page."),
    targets=files_visible_to,
)


def offered(disclosure: Disclosure, at: datetime) -> None:
    _tell(_firm(disclosure), "disclosure_offered", disclosure, at)


def accepted(disclosure: Disclosure, at: datetime) -> None:
    _tell([*_holder(disclosure), *_firm(disclosure)], "disclosure_accepted", disclosure, at)


def end_changed(disclosure: Disclosure, at: datetime) -> None:
    _tell(
        _firm(disclosure),
        "disclosure_end_changed",
        disclosure,
        at,
        once=f"{disclosure.ends_on.isoformat()}:{at:%Y%m%d%H%M%S}",
    )


def revoked(disclosure: Disclosure, at: datetime) -> None:
    _tell(_firm(disclosure), "disclosure_revoked", disclosure, at)


def asked(disclosure: Disclosure, by: User, at: datetime) -> int:
    """How many managers the firm has; each hears of one person once a day."""
    managers = list(users_with_permission(disclosure.request.requester, Permission.ACCEPT_NDA))
    once = f"{by.public_id}:{timezone.localdate(at).isoformat()}"
    _tell(managers, "disclosure_asked", disclosure, at, once=once, who=by.name or by.email)
    return len(managers)


def file_infected(file: ConfidentialFile, at: datetime) -> None:
    _tell_sender("confidential_file_infected", file, at)


def scan_failed(file: ConfidentialFile, at: datetime) -> None:
    _tell_sender("confidential_scan_failed", file, at)


def _holder(disclosure: Disclosure) -> Iterable[User]:
    return users_with_permission(disclosure.request.holder, Permission.ANSWER_REQUESTS)


def _firm(disclosure: Disclosure) -> Iterable[User]:
    return users_with_permission(disclosure.request.requester, Permission.SEND_REQUESTS)


def _tell(
    users: Iterable[User], kind: str, disclosure: Disclosure, at: datetime, *, once: str = "", **also: str
) -> None:
    request = disclosure.request
    notify(
        users=users,
        kind=kind,
        dedupe_key=f"{kind}:{disclosure.public_id}:{once}",
        params={"number": request.number, "until": disclosure.ends_on.isoformat(), **also},
        url=reverse("disclosures:detail", args=[request.public_id]),
        target=(REQUEST, request.public_id),
        at=at,
    )


def _tell_sender(kind: str, file: ConfidentialFile, at: datetime) -> None:
    notify(
        users=[file.uploaded_by],
        kind=kind,
        dedupe_key=f"{kind}:{file.public_id}:{file.scan_attempts}:{at:%Y%m%d%H}",
        params={"listing": file.listing.reference},
        url=reverse("disclosures:files", args=[file.listing.reference]),
        target=(FILE, file.public_id),
        at=at,
    )
