"""What people are told of mandates. A message says which mandate; what is agreed stands on the page only."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from brokers.enums.mandates import MandateState, OfferedBy
from brokers.models import Mandate, MandateConsent, MandatePartner
from brokers.notices.fees import with_the_day_as_people_write_it
from notifications import registry
from notifications.outbox import notify

MANDATE, CONSENT = "brokers.mandate", "brokers.mandateconsent"


def mandates_visible_to(user: User) -> QuerySet[Mandate]:
    return Mandate.objects.visible_to(user)


def consents_visible_to(user: User) -> QuerySet[MandateConsent]:
    return MandateConsent.objects.visible_to(user)


def _register(kind: str, title: Any, body: Any, targets: registry.Targets = mandates_visible_to) -> None:
    registry.register(kind, title=title, body=body, targets=targets, present=with_the_day_as_people_write_it)


_register(
    "mandate_offered",
    _("“%(offering)s” offers a mandate (%(number)s)"),
    _("Read it, and accept or decline it by %(day)s."),
)
_register(
    "mandate_share_asked",
    _("A share in mandate %(number)s is offered to you"),
    _("“%(broker)s” leads it. Agree to your share or refuse it by %(day)s."),
)
_register(
    "mandate_consent_asked",
    _("Your broker asks for your agreement (mandate %(number)s)"),
    _("“%(broker)s” wants to act for the other side of a technology, too. Agree or refuse by %(day)s."),
    consents_visible_to,
)
_register(
    "mandate_share_agreed",
    _("“%(partner)s” agreed to its share in mandate %(number)s"),
    _("It can be accepted as soon as everybody has agreed."),
)
_register(
    "mandate_consent_given",
    _("A client agreed: mandate %(number)s"),
    _("Your client on the other side agrees that you act for both."),
)
_register(
    "mandate_ready",
    _("Mandate %(number)s can be answered now"),
    _("Everybody else has agreed. Accept or decline it by %(day)s."),
)
_register(
    "mandate_accepted",
    _("Mandate %(number)s was accepted"),
    _("It holds from its first day, between “%(client)s” and “%(broker)s”."),
)
_register(
    "mandate_declined",
    _("Mandate %(number)s was declined"),
    _("The reason stands on its page. You may offer another one."),
)
_register(
    "mandate_taken_back",
    _("Mandate %(number)s was taken back"),
    _("Nothing has to be answered any more."),
)
_register(
    "mandate_ended",
    _("Mandate %(number)s was ended"),
    _("Its last day is %(day)s. The reason and the tail stand on its page."),
)
_register(
    "mandate_lapsed",
    _("The offer of mandate %(number)s has lapsed"),
    _("Nobody accepted it by %(day)s. A new offer can be made from its page."),
)
_register(
    "mandate_ending",
    _("Mandate %(number)s ends on %(day)s"),
    _("To go on, offer a renewal from its page."),
)
_register(
    "mandate_over",
    _("The term of mandate %(number)s is over"),
    _("Its last day was %(day)s. How long the tail runs stands on its page."),
)


def offered(mandate: Mandate, at: datetime) -> None:
    """Who is asked first hears first; the last to answer hears when it can, if that is not now."""
    fellows = list(mandate.partners.exclude(organization=mandate.broker).select_related("organization"))
    for part in fellows:
        takers = users_with_permission(part.organization, Permission.TAKE_MANDATES)
        _tell("mandate_share_asked", mandate, takers, at, mandate.offer_until)
    for consent in mandate.consents.select_related("other__client"):
        _ask(consent, at)
    if not fellows and not mandate.consents.exists():
        _tell("mandate_offered", mandate, _answering(mandate), at, mandate.offer_until)


def share_agreed(mandate: Mandate, part: MandatePartner, at: datetime) -> None:
    key = f"mandate_share_agreed:{mandate.public_id}:{part.organization_id}"
    partner = {"partner": part.organization.name}
    _tell("mandate_share_agreed", mandate, _offering(mandate), at, mandate.offer_until, key=key, more=partner)
    _ready(mandate, at)


def consent_given(mandate: Mandate, consent: MandateConsent, at: datetime) -> None:
    key = f"mandate_consent_given:{consent.public_id}"
    _tell("mandate_consent_given", mandate, _takers(mandate), at, mandate.offer_until, key=key)
    _ready(mandate, at)


def accepted(mandate: Mandate, at: datetime) -> None:
    _tell("mandate_accepted", mandate, _everybody(mandate), at, mandate.ends_on)


def declined(mandate: Mandate, at: datetime) -> None:
    _tell("mandate_declined", mandate, [*_offering(mandate), *_fellows(mandate)], at, mandate.offer_until)


def taken_back(mandate: Mandate, at: datetime) -> None:
    told = [*_answering(mandate), *_fellows(mandate)]
    _tell("mandate_taken_back", mandate, told, at, mandate.offer_until)


def ended(mandate: Mandate, at: datetime) -> None:
    _tell("mandate_ended", mandate, _everybody(mandate), at, mandate.last_day)


def lapsed(mandate: Mandate, at: datetime) -> None:
    _tell("mandate_lapsed", mandate, _everybody(mandate), at, mandate.offer_until)


def ending(mandate: Mandate, days: int, at: datetime) -> None:
    key = f"mandate_ending:{mandate.public_id}:{days}"
    _tell("mandate_ending", mandate, _everybody(mandate), at, mandate.ends_on, key=key)


def over(mandate: Mandate, at: datetime) -> None:
    _tell("mandate_over", mandate, _everybody(mandate), at, mandate.ends_on)


def _ready(mandate: Mandate, at: datetime) -> None:
    """Tell the last to answer that nobody else is waited for."""
    fellows = mandate.partners.exclude(organization=mandate.broker).exclude(state="agreed")
    if mandate.state == MandateState.OFFERED and not fellows and not mandate.consents.exclude(state="agreed"):
        _tell("mandate_ready", mandate, _answering(mandate), at, mandate.offer_until)


def _givers(mandate: Mandate) -> QuerySet[User]:
    return users_with_permission(mandate.client, Permission.GIVE_MANDATES)


def _takers(mandate: Mandate) -> QuerySet[User]:
    return users_with_permission(mandate.broker, Permission.TAKE_MANDATES)


def _offering(mandate: Mandate) -> QuerySet[User]:
    return _givers(mandate) if mandate.offered_side == OfferedBy.CLIENT else _takers(mandate)


def _answering(mandate: Mandate) -> QuerySet[User]:
    return _takers(mandate) if mandate.offered_side == OfferedBy.CLIENT else _givers(mandate)


def _fellows(mandate: Mandate) -> Iterable[User]:
    for part in mandate.partners.exclude(organization=mandate.broker).select_related("organization").order_by("pk"):
        yield from users_with_permission(part.organization, Permission.TAKE_MANDATES)


def _everybody(mandate: Mandate) -> list[User]:
    return [*_givers(mandate), *_takers(mandate), *_fellows(mandate)]


def _params(mandate: Mandate, day: date) -> dict[str, str]:
    offering = mandate.client if mandate.offered_side == OfferedBy.CLIENT else mandate.broker
    return {
        "number": mandate.number,
        "broker": mandate.broker.name,
        "client": mandate.client.name,
        "offering": offering.name,
        "day": day.isoformat(),
    }


def _tell(
    kind: str,
    mandate: Mandate,
    users: Iterable[User],
    at: datetime,
    day: date,
    *,
    key: str = "",
    more: Mapping[str, str] | None = None,
) -> None:
    notify(
        users=users,
        kind=kind,
        dedupe_key=key or f"{kind}:{mandate.public_id}",
        params=_params(mandate, day) | dict(more or {}),
        url=reverse("brokers:mandate", args=[mandate.public_id]),
        target=(MANDATE, mandate.public_id),
        at=at,
    )


def _ask(consent: MandateConsent, at: datetime) -> None:
    """Of the client on the other side, by its own mandate: who the new client is stands nowhere in it."""
    mandate, other = consent.mandate, consent.other
    notify(
        users=users_with_permission(other.client, Permission.GIVE_MANDATES),
        kind="mandate_consent_asked",
        dedupe_key=f"mandate_consent_asked:{consent.public_id}",
        params={
            "number": other.number,
            "broker": mandate.broker.name,
            "day": mandate.offer_until.isoformat(),
        },
        url=reverse("brokers:mandate", args=[other.public_id]),
        target=(CONSENT, consent.public_id),
        at=at,
    )
