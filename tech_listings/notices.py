"""What this app tells people: how an import, an export or a registration ended, what is to be confirmed, what lapsed.

Internal moves are told to nobody.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from notifications import registry
from notifications.outbox import notify
from tech_listings.clocks import SUSPEND_AFTER_DAYS
from tech_listings.enums import ConfirmStep
from tech_listings.models import InventorInvitation, Listing, ListingExport, Run

TARGET = "tech_listings.run"


def runs_visible_to(user: User) -> QuerySet[Run]:
    return Run.objects.visible_to(user)


registry.register(
    "import_applied",
    title=_("Import of %(file)s is done"),
    body=_("%(added)s added, %(changed)s changed, %(withdrawn)s withdrawn, %(refused)s refused."),
    targets=runs_visible_to,
)


def run_finished(run: Run, *, at: datetime) -> None:
    """Tell whoever approved the run."""
    if run.approved_by is None:
        return
    counts = {name: getattr(run, name) for name in ("added", "changed", "withdrawn", "refused")}
    notify(
        users=[run.approved_by],
        kind="import_applied",
        dedupe_key=f"import_applied:{run.public_id}",
        params={"file": run.file_name, **counts},
        url=reverse("tech_listings:ingest_run", args=[run.public_id]),
        target=(TARGET, run.public_id),
        at=at,
    )


# --- exports ----------------------------------------------------------------------------------------------------------

EXPORT = "tech_listings.listingexport"


def exports_visible_to(user: User) -> QuerySet[ListingExport]:
    return ListingExport.objects.visible_to(user)


def _as_people_write_it(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "rows": f"{params['rows']:,}",
        "format": str(params["format"]).upper(),
        "until": date_format(date.fromisoformat(params["until"]), "SHORT_DATE_FORMAT"),
    }


registry.register(
    "export_ready",
    title=_("Your export is ready: %(rows)s technologies (%(format)s)"),
    body=_("You can download it until %(until)s."),
    targets=exports_visible_to,
    present=_as_people_write_it,
)
registry.register(
    "export_failed",
    title=_("Your export (%(format)s) could not be made"),
    body=_("It was tried several times. Open it to try again, or narrow the search."),
    targets=exports_visible_to,
    present=_as_people_write_it,
)


def export_ready(export: ListingExport) -> None:
    assert export.ready_at is not None
    _tell_owner("export_ready", export, export.ready_at)


def export_failed(export: ListingExport, *, at: datetime) -> None:
    _tell_owner("export_failed", export, at)


def _tell_owner(kind: str, export: ListingExport, at: datetime) -> None:
    until = timezone.localdate(export.expires_at)
    notify(
        users=[export.owner],
        kind=kind,
        # With the moment: an export that was tried again may fail again.
        dedupe_key=f"{kind}:{export.public_id}:{at:%Y%m%d%H%M%S}",
        params={"rows": export.rows, "format": export.format, "until": until.isoformat()},
        url=reverse("tech_listings:export_detail", args=[export.public_id]),
        target=(EXPORT, export.public_id),
        at=at,
    )


# --- registration -----------------------------------------------------------------------------------------------------

LISTING = "tech_listings.listing"


def listings_visible_to(user: User) -> QuerySet[Listing]:
    return Listing.objects.visible_to(user)


registry.register(
    "listing_registered",
    title=_("Registered: %(title)s"),
    body=_("It is public now, as %(number)s."),
    targets=listings_visible_to,
)
registry.register(
    "listing_returned",
    title=_("Returned for completion: %(title)s"),
    body=_("An officer wrote what is to be completed. Do that, then send it again."),
    targets=listings_visible_to,
)
registry.register(
    "listing_exempted",
    title=_("Not disclosed: %(title)s"),
    body=_("An officer decided not to disclose it for a time. The reason stands with the technology."),
    targets=listings_visible_to,
)
registry.register(
    "listing_suspended",
    title=_("Taken off the market for now: %(title)s"),
    body=_("An officer wrote why, and what is to be done."),
    targets=listings_visible_to,
)
registry.register(
    "listing_resumed",
    title=_("On the market again: %(title)s"),
    body=_("It is public again, as %(number)s."),
    targets=listings_visible_to,
)
registry.register(
    "listings_registered",
    title=_("%(count)s technologies were registered"),
    body=_("They are public now: %(first)s to %(last)s."),
)


def listing_decided(kind: str, listing: Listing, *, at: datetime) -> None:
    """Tell the holder's office what an officer decided about one technology."""
    notify(
        users=_office(listing.holder),
        kind=kind,
        # With the revision: the same technology may be returned or suspended again.
        dedupe_key=f"{kind}:{listing.public_id}:{listing.revision}",
        params={"title": listing.title_ko or listing.title_en, "number": listing.number or ""},
        url=reverse("tech_listings:detail", args=[listing.reference]),
        target=(LISTING, listing.public_id),
        at=at,
    )


def listings_registered(holder: Organization, listings: Sequence[Listing], *, at: datetime) -> None:
    """Tell the holder's office once about all that was registered together (lessons F41)."""
    numbers = sorted(listing.number or "" for listing in listings)
    notify(
        users=_office(holder),
        kind="listings_registered",
        dedupe_key=f"listings_registered:{numbers[0]}:{numbers[-1]}:{at:%Y%m%d%H%M%S}",
        params={"count": len(numbers), "first": numbers[0], "last": numbers[-1]},
        url=reverse("tech_listings:mine") + "?state=published",
        at=at,
    )


def _office(holder: Organization) -> QuerySet[User]:
    return users_with_permission(holder, Permission.PUBLISH_LISTINGS)


# --- inventors --------------------------------------------------------------------------------------------------------

INVENTOR = "tech_listings.inventorinvitation"


def invitations_visible_to(user: User) -> QuerySet[InventorInvitation]:
    return InventorInvitation.objects.visible_to(user)


registry.register(
    "inventor_answered",
    title=_("%(name)s has completed “%(title)s”"),
    body=_("Look at what is different, then take it over or set it aside."),
    targets=invitations_visible_to,
)


def inventor_answered(invitation: InventorInvitation, *, at: datetime) -> None:
    """Tell everybody of the office who may take it over."""
    listing = invitation.listing
    notify(
        users=users_with_permission(listing.holder, Permission.EDIT_LISTINGS),
        kind="inventor_answered",
        dedupe_key=f"inventor_answered:{invitation.public_id}",
        params={"name": invitation.name, "title": listing.text_in("title", "ko")},
        url=reverse("tech_listings:inventor_answer", args=[invitation.public_id]),
        target=(INVENTOR, invitation.public_id),
        at=at,
    )


# --- what is to be confirmed, and rights that lapse -------------------------------------------------------------------

ORGANIZATION = "accounts.organization"


def own_organizations(user: User) -> QuerySet[Organization]:
    return Organization.objects.of(user)


def _with_the_day(params: Mapping[str, Any]) -> Mapping[str, Any]:
    day = date_format(date.fromisoformat(params["day"]), "SHORT_DATE_FORMAT")
    return {**params, "many": f"{params['many']:,}", "day": day}


_ASKED = _("Please confirm technologies that are still available")
_STEPS = {
    ConfirmStep.FIRST: (
        "confirm_first",
        _ASKED,
        _("Technologies: %(many)s. The first one is to be confirmed by %(day)s."),
    ),
    ConfirmStep.SECOND: (
        "confirm_second",
        _ASKED,
        _("Technologies: %(many)s. The first one is marked as unconfirmed after %(day)s."),
    ),
    ConfirmStep.UNCONFIRMED: (
        "confirm_passed",
        _("Technologies are marked as unconfirmed"),
        _("Technologies: %(many)s. Confirm them: after %(days)s more days they are taken off the market."),
    ),
    ConfirmStep.SUSPENDED: (
        "confirm_suspended",
        _("Technologies were taken off the market"),
        _("Technologies: %(many)s. Nobody confirmed them. Your confirmation brings them back."),
    ),
}
for _kind, _title, _body in _STEPS.values():
    registry.register(_kind, title=_title, body=_body, targets=own_organizations, present=_with_the_day)


def to_confirm(holder: Organization, step: ConfirmStep, *, many: int, day: date, at: datetime) -> None:
    """One message per holder, step and day, however many technologies it is about."""
    kind, _title, _body = _STEPS[step]
    notify(
        users=_office(holder),
        kind=kind,
        dedupe_key=f"{kind}:{holder.public_id}:{timezone.localdate(at)}",
        params={"many": many, "day": day.isoformat(), "days": SUSPEND_AFTER_DAYS},
        url=reverse("tech_listings:to_confirm"),
        target=(ORGANIZATION, holder.public_id),
        at=at,
    )


registry.register(
    "rights_lapsed",
    title=_("Technologies were taken off the market: no valid right is left"),
    body=_("Correct the right, offer the technology without it, or close it."),
    targets=own_organizations,
)


def rights_lapsed(holder: Organization, *, at: datetime) -> None:
    """One message per holder and day: an import may bring thousands."""
    notify(
        users=_office(holder),
        kind="rights_lapsed",
        dedupe_key=f"rights_lapsed:{holder.public_id}:{timezone.localdate(at)}",
        url=f"{reverse('tech_listings:mine')}?state=suspended",
        target=(ORGANIZATION, holder.public_id),
        at=at,
    )


def rights_lapsed_of(holder_ids: Collection[int], *, at: datetime) -> None:
    for holder in Organization.objects.filter(pk__in=holder_ids).order_by("pk"):
        rights_lapsed(holder, at=at)
