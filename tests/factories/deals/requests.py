import datetime
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone

from deals.enums.requests import AnswerKind, DeclineCategory, EventKind, RequestState
from deals.models import RequestEvent, TransferRequest
from deals.numbers import receipt_number
from deals.services.requests.send import content_hash
from marketplace.core.counters import take_numbers
from tech_listings.enums import DealKind
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.tech_listings import ListingFactory

SENT = datetime.datetime(2026, 3, 10, 15, tzinfo=ZoneInfo("Asia/Seoul"))


class TransferRequestFactory(factory.django.DjangoModelFactory):
    """A request that waits for its answer, sent by a staff member of a company. Traits: talk, declined, withdrawn."""

    class Meta:
        model = TransferRequest
        skip_postgeneration_save = True

    class Params:
        talk = factory.Trait(
            state=RequestState.ANSWERED,
            answer_kind=AnswerKind.TALK,
            answered_at=SENT + datetime.timedelta(days=1),
            answered_by=factory.SubFactory(UserFactory),
        )
        declined = factory.Trait(
            state=RequestState.ANSWERED,
            answer_kind=AnswerKind.DECLINED,
            decline_category=DeclineCategory.CONDITIONS,
            answer_text="The field of use is taken.",
            answered_at=SENT + datetime.timedelta(days=1),
            answered_by=factory.SubFactory(UserFactory),
        )
        withdrawn = factory.Trait(
            state=RequestState.WITHDRAWN,
            withdrawn_at=SENT + datetime.timedelta(days=1),
            withdrawn_by=factory.SubFactory(UserFactory),
        )

    listing = factory.SubFactory(ListingFactory)
    holder = factory.SelfAttribute("listing.holder")
    requester = factory.SubFactory(OrganizationFactory)
    requested_by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.requester).user)
    requested_at = SENT
    number = factory.LazyFunction(
        lambda: receipt_number(2026, take_numbers(kind="transfer_request", year=2026, count=1)[0])
    )
    deal_kind = DealKind.NON_EXCLUSIVE_LICENCE
    intended_use = factory.Sequence(lambda n: f"Pump housing {n}")
    content_hash = factory.LazyAttribute(
        lambda o: content_hash(
            listing=o.listing, requester=o.requester, deal_kind=o.deal_kind, texts=(o.intended_use, "")
        )
    )
    answer_due_on = factory.LazyAttribute(lambda o: timezone.localdate(o.requested_at) + datetime.timedelta(days=14))

    @factory.post_generation
    def sent(self, create, extracted, **kwargs):
        if create:
            RequestEvent.objects.create(request=self, kind=EventKind.SENT, at=self.requested_at, by=self.requested_by)
