"""A negotiation and its offers in words: how it stands, what waits on whom, what a counter-offer changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from deals.enums.negotiation import NegotiationState, OfferState, Side
from deals.models import Negotiation, Offer, Option
from deals.terms import Terms
from deals.wording.terms import Difference, differences, facts, summary

TONES = {
    NegotiationState.OPEN: "information",
    NegotiationState.AGREED: "success",
    NegotiationState.CONTRACTED: "success",
    NegotiationState.CLOSED: "gray",
}
OFFER_TONES = {OfferState.OFFERED: "warning", OfferState.ACCEPTED: "success"}
NOTHING = "–"


@dataclass(frozen=True)
class Status:
    """`tone` is that of a badge."""

    label: str
    tone: str


def status(negotiation: Negotiation) -> Status:
    return Status(negotiation.get_state_display(), TONES[NegotiationState(negotiation.state)])


def offer_status(offer: Offer, day: date) -> Status:
    """Lapsed is asked by the day: the round that writes it down may be late."""
    if offer.state == OfferState.OFFERED and not offer.can_be_accepted_on(day):
        return Status(pgettext("offer", "Lapsed"), "gray")
    return Status(offer.get_state_display(), OFFER_TONES.get(OfferState(offer.state), "gray"))


def waits_for(negotiation: Negotiation, day: date, own: set[str]) -> str:
    """Whose answer is waited for and until when, for a reader of the sides `own`; empty where nobody waits."""
    if not negotiation.turn or negotiation.answer_due_on is None or not negotiation.is_running:
        return ""
    given = {
        "side": negotiation.organization_of(negotiation.turn).display_name,
        "day": date_format(negotiation.answer_due_on, "SHORT_DATE_FORMAT"),
    }
    if negotiation.is_late_on(day):
        if negotiation.turn in own:
            return _("Your answer was due on %(day)s") % given
        return _("The answer of %(side)s was due on %(day)s") % given
    if negotiation.turn in own:
        return _("Your answer is waited for until %(day)s") % given
    return _("The answer of %(side)s is waited for until %(day)s") % given


def side_name(negotiation: Negotiation, side: str) -> str:
    return negotiation.organization_of(side).display_name if side in Side.values else ""


def months_text(number: int) -> str:
    return (
        ngettext("%(many)d month", "%(many)d months", number) % {"many": number}
        if number
        else _("as long as the right lasts")
    )


def offer_facts(offer: Offer) -> list[tuple[str, str]]:
    """What an offer says besides its ways to pay: (label, text), empty ones too, in the order of the form."""
    return [
        (_("Deal type"), offer.get_deal_kind_display()),
        (_("Term of the contract"), months_text(offer.term_months)),
        (_("Territory"), offer.territory),
        (_("Field of use"), offer.field_of_use),
    ]


@dataclass(frozen=True)
class Changed:
    """What a counter-offer changes in one part: the frame (no title), or a way to pay."""

    title: str
    rows: Sequence[Difference]


def offer_differences(offer: Offer) -> list[Changed]:
    """What a counter-offer changes, field by field, against the offer that it answers; empty for any other.

    A way to pay is compared with the one of the same method in the other offer; one alone with the one alone.
    """
    before = offer.counter_to
    if before is None:
        return []
    frame = [
        Difference(label, old or NOTHING, new or NOTHING)
        for (label, old), (_label, new) in zip(offer_facts(before), offer_facts(offer), strict=True)
        if old != new
    ]
    changed = [Changed("", frame)] if frame else []
    new_options, old_options = list(offer.options.all()), list(before.options.all())
    pairs = _pairs(old_options, new_options)
    for option in new_options:
        other = pairs.get(option.pk)
        if other is None:
            rows = [Difference(fact.label, NOTHING, fact.text) for fact in facts(terms_of(option))]
            changed.append(Changed(_("New: %(title)s") % {"title": option.name}, rows))
        elif rows := differences(terms_of(other), terms_of(option)):
            changed.append(Changed(option.name, rows))
    kept = {other.pk for other in pairs.values()}
    gone = [option for option in old_options if option.pk not in kept]
    if gone:
        rows = [Difference(option.name, one_line(option), NOTHING) for option in gone]
        changed.append(Changed(_("Not offered any more"), rows))
    return changed


def _pairs(old: Sequence[Option], new: Sequence[Option]) -> dict[int, Option]:
    """New ways to pay by key, with the old one that each is compared with; each old one once."""
    left, found = list(old), {}
    for option in new:
        same = [each for each in left if each.method == option.method]
        if same:
            found[option.pk] = same[0]
            left.remove(same[0])
    if len(new) == len(old) == 1 and not found:
        found[new[0].pk] = old[0]
    return found


def terms_of(option: Option) -> Terms:
    return Terms.from_json(option.terms)


def one_line(option: Option) -> str:
    return summary(terms_of(option))
