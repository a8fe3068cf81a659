import datetime
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone

from marketplace.core.counters import take_numbers
from matching.enums import AnswerKind, NeedOutcome, NeedState
from matching.models import Match, Need, NeedAnswer
from matching.numbers import need_number
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.tech_listings import ListingFactory

POSTED = datetime.datetime(2026, 3, 10, 15, tzinfo=ZoneInfo("Asia/Seoul"))


class NeedFactory(factory.django.DjangoModelFactory):
    """An open need of a company that waits for its matching. Traits: closed, anonymous."""

    class Meta:
        model = Need

    class Params:
        closed = factory.Trait(
            state=NeedState.CLOSED,
            outcome=NeedOutcome.FOUND,
            closed_at=POSTED + datetime.timedelta(days=5),
            closed_by=factory.SelfAttribute("owner"),
            due_at=None,
        )
        anonymous = factory.Trait(is_anonymous=True)

    organization = factory.SubFactory(OrganizationFactory)
    owner = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.organization).user)
    number = factory.LazyFunction(lambda: need_number(2026, take_numbers(kind="need", year=2026)[0]))
    title = factory.Sequence(lambda n: f"수소 저장 합금 {n}")
    problem = "수소를 저장하는 합금의 반응 속도가 느리다."
    answer_by = factory.LazyAttribute(lambda o: timezone.localdate(o.opened_at + datetime.timedelta(days=30)))
    opened_at = POSTED
    due_at = factory.SelfAttribute("opened_at")


class NeedAnswerFactory(factory.django.DjangoModelFactory):
    """With a technology of the institute that answers. `no_supply=True` says that there is none."""

    class Meta:
        model = NeedAnswer

    class Params:
        no_supply = factory.Trait(
            kind=AnswerKind.NO_SUPPLY,
            listing=None,
            organization=factory.SubFactory(OrganizationFactory, institute=True),
        )

    need = factory.SubFactory(NeedFactory)
    kind = AnswerKind.LISTING
    listing = factory.SubFactory(ListingFactory)
    organization = factory.SelfAttribute("listing.holder")
    text = "It was tried with three alloys."
    answered_at = POSTED + datetime.timedelta(days=1)
    answered_by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.organization).user)


class NeedMatchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Match

    need = factory.SubFactory(NeedFactory)
    listing = factory.SubFactory(ListingFactory)
    score = 60
    reason = factory.LazyFunction(lambda: {"words": ["수소"], "meaning": 55})
    found_at = POSTED
