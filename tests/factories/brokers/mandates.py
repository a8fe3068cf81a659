"""Mandates, made through the services as people make them; only days are moved."""

import datetime

from django.utils import timezone

from brokers.enums.mandates import MandateState, OfferedBy
from brokers.enums.registration import RegistrationState
from brokers.models import Mandate, MandatePartner
from brokers.services.mandates.answer import accept, agree_to_share, answer_consent, decline, take_back
from brokers.services.mandates.end import end
from brokers.services.mandates.offer import Offer, offer
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.fees import NOW, guideline
from tests.factories.brokers.register import agency
from tests.factories.brokers.standing import put_into

DAY = datetime.timedelta(days=1)


def manager_of(organization):
    """A manager of the organization, the first there is."""
    found = organization.memberships.active().filter(role="manager").order_by("pk").first()
    return found.user if found else MembershipFactory(organization=organization, manager=True).user


def registered(organization=None):
    """A brokers' corporation that may take new work."""
    organization = organization or OrganizationFactory(broker=True)
    if not organization.broker_registrations.exists():
        agency(organization)
    return organization


def suspended(organization):
    put_into(organization.broker_registrations.get(), RegistrationState.SUSPENDED)
    return organization


def cancelled(organization):
    put_into(organization.broker_registrations.get(), RegistrationState.CANCELLED)
    return organization


def offered(*, client=None, broker=None, by=None, side=OfferedBy.CLIENT, at=NOW, key=None, seen=None, **content):
    """An offer, by default of a company to a registered broker, for a year and everything of the company."""
    guideline(at)
    client, broker = client or OrganizationFactory(), registered(broker)
    for organization in content.get("shares") or ():
        registered(organization)
    today = timezone.localdate(at)
    terms = {"starts_on": today, "ends_on": today + 364 * DAY} | content
    by = by or manager_of(client if side == OfferedBy.CLIENT else broker)
    made = offer(broker=broker, client=client, offered_by=side, offer=Offer(**terms), by=by, at=at, key=key, seen=seen)
    return made.mandate


def agreed_by_all(mandate, *, at=NOW):
    """Fellow brokers and asked clients say yes."""
    for part in MandatePartner.objects.filter(mandate=mandate).exclude(organization=mandate.broker).order_by("pk"):
        agree_to_share(mandate=mandate, by=manager_of(part.organization), at=at)
    for consent in mandate.consents.select_related("other__client"):
        answer_consent(consent=consent, agree=True, by=manager_of(consent.other.client), at=at)


def answering(mandate):
    """Somebody who may answer it."""
    return manager_of(mandate.broker if mandate.offered_side == OfferedBy.CLIENT else mandate.client)


def in_force(*, at=NOW, **also):
    """An accepted one. Of a holder where the client is an institute."""
    made = offered(at=at, **also)
    agreed_by_all(made, at=at)
    return Mandate.objects.get(pk=accept(mandate=made, by=answering(made), at=at).pk)


def ended(*, at=NOW, last_day=None, **also):
    made = in_force(at=at, **also)
    day = last_day or timezone.localdate(at)
    return end(mandate=made, last_day=day, reason="The work is done", by=manager_of(made.client), at=at)


def mandate_in(state):
    """A mandate in each state of the table."""
    if state == MandateState.ACCEPTED:
        return in_force()
    if state == MandateState.ENDED:
        return ended()
    found = offered()
    if state == MandateState.DECLINED:
        return decline(mandate=found, text="Too much work", by=answering(found), at=NOW)
    if state == MandateState.WITHDRAWN:
        return take_back(mandate=found, by=found.offered_by, at=NOW)
    return found


def members(organization, *names):
    """People of the organization by `name_role`, for tables of who may what."""
    return {f"{name}_{role}": MembershipFactory(organization=organization, role=role).user
            for name in names for role in ("viewer", "staff", "manager")}  # fmt: skip
