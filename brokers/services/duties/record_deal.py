"""Deals that a broker brought about: made here, or entered by the broker from elsewhere until they are reported."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, require_member
from brokers.clocks import half_year_of
from brokers.enums.duties import ReportState
from brokers.enums.fees import MOST_WON
from brokers.enums.mandates import DealOrigin
from brokers.models import BrokeredDeal, DealReport, Mandate
from brokers.services.asking import text_of
from marketplace.core.days import is_plausible
from marketplace.core.errors import Conflict, DomainError, NotPossibleNow
from marketplace.core.text import tidy
from tech_listings.enums import DealKind
from tech_listings.models import Listing

TECHNOLOGY_LENGTH, NAME_LENGTH, ROYALTY_LENGTH, REFERENCE_LENGTH = 300, 200, 300, 40
REFERENCE_CONSTRAINT = "brokered_once_per_reference"
SECTIONS = tuple("ABCDEFGH")
Party = Organization | None


@transaction.atomic
def record_deal(
    *, broker: Organization, origin: str, technology: str, holder: Party = None, holder_name: str,
    taker: Party = None, taker_name: str, deal_kind: str, value_won: int, royalty_text: str, signed_on: date,
    term_until: date | None, listing: Listing | None = None, mandate: Mandate | None = None, reference: str = "",
    ipc_section: str = "", by: User | None, at: datetime,
) -> BrokeredDeal:  # fmt: skip
    """Write down a deal of `broker`, once per `reference`: the same one again is the row that is there.

    What the broker reports from elsewhere is refused where its half-year was submitted; what was made here is always
    written, and the page of the report says that it came later. `by` is None where the house itself records it.
    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` naming the field.
    """
    locked = _locked_broker(broker)
    if origin == DealOrigin.REPORTED:  # who signs a deal here need not be of the broker
        require_member(by, Permission.REPORT_TO_OFFICE, locked)
    if origin not in DealOrigin.values:
        raise DomainError(_("A deal is made here, or reported."), field="origin")
    reference = tidy(reference)
    if len(reference) > REFERENCE_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": REFERENCE_LENGTH}, field="reference")
    earlier = BrokeredDeal.objects.filter(broker=locked, reference=reference).first() if reference else None
    if earlier:
        return earlier
    content = _content(
        technology=technology, holder_name=holder_name, taker_name=taker_name, deal_kind=deal_kind,
        value_won=value_won, royalty_text=royalty_text, signed_on=signed_on, term_until=term_until,
        ipc_section=ipc_section or _section_of(listing), at=at,
    )  # fmt: skip
    if origin == DealOrigin.REPORTED:
        _refuse_if_submitted(locked, signed_on)
    try:
        with transaction.atomic():
            return BrokeredDeal.objects.create(
                broker=locked, origin=origin, reference=reference, holder=holder, taker=taker, listing=listing,
                mandate=mandate, region=taker.region_code if taker else "", recorded_at=at, recorded_by=by, **content,
            )  # fmt: skip
    except IntegrityError as error:
        if REFERENCE_CONSTRAINT not in str(error):
            raise
        raise Conflict(_("This deal is being recorded already.")) from None


@transaction.atomic
def edit_deal(
    *, deal: BrokeredDeal, technology: str, holder_name: str, taker_name: str, deal_kind: str, value_won: int,
    royalty_text: str, signed_on: date, term_until: date | None, ipc_section: str = "", by: User, at: datetime,
) -> BrokeredDeal:  # fmt: skip
    """Change what the broker reported, while neither half-year was submitted. Raises as `record_deal`."""
    locked = _locked_own(deal, by)
    content = _content(
        technology=technology, holder_name=holder_name, taker_name=taker_name, deal_kind=deal_kind,
        value_won=value_won, royalty_text=royalty_text, signed_on=signed_on, term_until=term_until,
        ipc_section=ipc_section, at=at,
    )  # fmt: skip
    for day in {locked.signed_on, signed_on}:
        _refuse_if_submitted(locked.broker, day)
    for name, value in content.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*content, "updated_at"])
    return locked


@transaction.atomic
def remove_deal(*, deal: BrokeredDeal, by: User) -> None:
    """Take out what the broker entered by mistake, while it was not submitted. Raises as `edit_deal`."""
    locked = _locked_own(deal, by)
    _refuse_if_submitted(locked.broker, locked.signed_on)
    locked.delete()


def _content(*, at: datetime, **given: object) -> dict[str, object]:
    """What is stored, checked. Raises `DomainError` naming the field."""
    signed_on, term_until, value_won = given["signed_on"], given["term_until"], given["value_won"]
    assert isinstance(signed_on, date)
    assert isinstance(value_won, int)
    texts = {
        "technology": (TECHNOLOGY_LENGTH, _("Say what was transferred.")),
        "holder_name": (NAME_LENGTH, _("Name the holder of the technology.")),
        "taker_name": (NAME_LENGTH, _("Name the firm that takes it.")),
    }
    content: dict[str, object] = {
        name: text_of(str(given[name]), most=most, field=name, missing=missing)
        for name, (most, missing) in texts.items()
    }
    content["royalty_text"] = royalty = tidy(str(given["royalty_text"]))
    if len(royalty) > ROYALTY_LENGTH:
        raise DomainError(_("At most %(most)d characters.") % {"most": ROYALTY_LENGTH}, field="royalty_text")
    if given["deal_kind"] not in DealKind.values:
        raise DomainError(_("Choose the deal type."), field="deal_kind")
    if not 0 <= value_won <= MOST_WON:
        raise DomainError(_("Write the value in whole won."), field="value_won")
    if not is_plausible(signed_on) or signed_on > timezone.localdate(at):
        raise DomainError(_("Write the day of the contract, not one to come."), field="signed_on")
    if isinstance(term_until, date) and (term_until < signed_on or not is_plausible(term_until)):
        raise DomainError(_("The contract ends after it was signed."), field="term_until")
    if given["ipc_section"] and str(given["ipc_section"]) not in SECTIONS:
        raise DomainError(_("Choose a section of the IPC."), field="ipc_section")
    names = ("deal_kind", "value_won", "signed_on", "term_until", "ipc_section")
    return content | {name: given[name] for name in names}


def _section_of(listing: Listing | None) -> str:
    """The IPC section of the technology's first symbol."""
    if listing is None:
        return ""
    return next((code[0] for code in listing.ipc_codes if code[:1] in SECTIONS), "")


def _refuse_if_submitted(broker: Organization, day: date) -> None:
    """Raise `NotPossibleNow` where the half-year of `day` was submitted and no correction of it is open."""
    reports = DealReport.objects.filter(
        registration__organization=broker, registration__kind="agency", first_on=half_year_of(day).first_on
    )
    states = set(reports.values_list("state", flat=True))
    if ReportState.SUBMITTED in states and ReportState.DUE not in states:
        raise NotPossibleNow(
            _("The report of that half-year was submitted. Open a correction of it first, with a reason.")
        )


def _locked_broker(broker: Organization) -> Organization:
    """Deals of a broker and the submission of its reports pass here one by one."""
    return Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=broker.pk)


def _locked_own(deal: BrokeredDeal, by: User) -> BrokeredDeal:
    _locked_broker(deal.broker)
    locked = BrokeredDeal.objects.select_related("broker").select_for_update(of=["self"]).filter(pk=deal.pk).first()
    if locked is None:
        raise NotPossibleNow(_("This deal was taken out meanwhile."))
    require_member(by, Permission.REPORT_TO_OFFICE, locked.broker)
    if locked.origin != DealOrigin.REPORTED:
        raise NotPossibleNow(_("A deal made here is not changed by hand."))
    return locked
