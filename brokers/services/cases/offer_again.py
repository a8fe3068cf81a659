"""The same mandate, offered to another broker: what, for how long and at which fee stays as it was agreed."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from brokers.enums.mandates import DAYS_AN_OFFER_HOLDS, OfferedBy
from brokers.models import Mandate, MandateListing, MandatePartner
from brokers.notices import mandates as notices
from brokers.numbers import mandate_number
from brokers.services.mandates.offer import COUNTER
from marketplace.core.counters import take_numbers
from marketplace.core.errors import DomainError, NotPossibleNow

SAME = (
    "client", "side", "need", "is_exclusive", "ends_on", "tail_months", "schedule", "fee_bp", "terms", "subject_count",
)  # fmt: skip


def offer_again(*, mandate: Mandate, instead_of: Organization, broker: Organization, by: User, at: datetime) -> Mandate:
    """An offer of the client with the terms of `mandate`, `broker` in the place of `instead_of`. Part of a hand-over.

    Who acts together with others keeps its share; each of the others says yes anew. An exclusive one begins on the day
    after the last one on which it can be accepted: until then the old one is exclusive. The fee guideline stays that
    of the old one. Raises `DomainError` naming the field, and `NotPossibleNow` on the last day of the mandate.
    """
    today = timezone.localdate(at)
    if mandate.ends_on <= today:
        raise NotPossibleNow(_("This mandate ends by itself today: there is nothing to hand over."))
    partners = list(mandate.partners.select_related("organization").order_by("pk"))
    if any(partner.organization_id == broker.pk for partner in partners):
        raise DomainError(_("This broker acts in the mandate already. Choose another one."), field="to_broker")
    until = min(mandate.ends_on - timedelta(days=1), today + timedelta(days=DAYS_AN_OFFER_HOLDS))
    year = timezone.localtime(at).year
    offer = Mandate.objects.create(
        number=mandate_number(year, take_numbers(kind=COUNTER, year=year)[0]),
        broker=broker if mandate.broker_id == instead_of.pk else mandate.broker,
        starts_on=until + timedelta(days=1) if mandate.is_exclusive else max(mandate.starts_on, today),
        offered_side=OfferedBy.CLIENT, offered_at=at, offered_by=by, offer_until=until,
        **{name: getattr(mandate, name) for name in SAME},
    )  # fmt: skip
    subjects = mandate.subjects.order_by("pk").values_list("listing_id", flat=True)
    MandateListing.objects.bulk_create(MandateListing(mandate=offer, listing_id=listing) for listing in subjects)
    for partner in partners:
        organization = broker if partner.organization_id == instead_of.pk else partner.organization
        MandatePartner.objects.create(mandate=offer, organization=organization, share_bp=partner.share_bp)
    notices.offered(offer, at)
    return offer
