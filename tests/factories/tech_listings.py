import datetime
from zoneinfo import ZoneInfo

import factory
from django.core.files.base import ContentFile
from django.utils import timezone

from marketplace.core.counters import take_numbers
from tech_listings.enums import (
    DealKind,
    ExportFormat,
    ExportState,
    ListingState,
    Outcome,
    RightKind,
    RightStatus,
    SuspendedFor,
)
from tech_listings.models import InventorInvitation, Listing, ListingExport, Right, Run, Source, SynonymGroup
from tech_listings.numbers import listing_number
from tech_listings.search.documents import write_documents
from tech_listings.search.synonyms import word_key
from tech_listings.services.check import check_submission
from tech_listings.services.derive import derive
from tech_listings.services.review import approve, return_listing
from tech_listings.services.submission import submit
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory

REGISTERED = datetime.datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Seoul"))


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    organization = factory.SubFactory(OrganizationFactory, institute=True)
    name = factory.Sequence(lambda n: f"특허대장 {n}")


class ListingFactory(factory.django.DjangoModelFactory):
    """A published technology that can be found, unless `draft`, `withdrawn`, `suspended` or `closed`; see `sent`."""

    class Meta:
        model = Listing
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(state=ListingState.DRAFT, number=None, registered_at=None)
        suspended = factory.Trait(
            state=ListingState.SUSPENDED,
            suspended_at=REGISTERED,
            suspended_for=SuspendedFor.DISPUTE,
            suspended_text="Say who holds it",
        )
        closed = factory.Trait(
            state=ListingState.CLOSED,
            closed_at=REGISTERED,
            outcome=Outcome.ASSIGNED,
            outcome_text="To a firm",
            outcome_on=timezone.localdate(REGISTERED),
        )
        withdrawn = factory.Trait(
            state=ListingState.WITHDRAWN, withdrawn_at=REGISTERED, withdrawn_reason="Licensed to a firm"
        )

    holder = factory.SubFactory(OrganizationFactory, institute=True)
    state = ListingState.PUBLISHED
    title_ko = factory.Sequence(lambda n: f"시험용 기술 {n}")
    title_en = factory.Sequence(lambda n: f"Sample technology {n}")
    summary_ko = "압력 10기압에서 작동한다."
    field_of_use = "시험 장비"
    conditions_of_use = "협의"
    deal_kinds = factory.List([DealKind.NON_EXCLUSIVE_LICENCE.value])
    registered_at = REGISTERED
    number = factory.LazyFunction(lambda: listing_number(2026, take_numbers(kind="listing", year=2026)[0]))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        rights = kwargs.pop("rights", [])
        listing = model_class(**kwargs)
        derive(listing, [Right(listing=listing, **right) for right in rights], on=timezone.localdate(REGISTERED))
        listing.save()
        Right.objects.bulk_create([Right(listing=listing, **right) for right in rights])
        write_documents([listing], at=REGISTERED)
        return listing


def sent(*, in_review=True, by=None, at=REGISTERED, listing=None, **fields):
    """A technology that waits for an officer."""
    listing = listing or ListingFactory(draft=True, **fields)
    submission = submit(listing=listing, by=by or UserFactory(), at=at)
    if in_review:
        check_submission(pk=submission.pk, at=at)
    return Listing.objects.select_related("holder").get(pk=listing.pk)


def an_officer():
    return MembershipFactory(government=True, user=UserFactory(second_factor=True)).user


def publish(*, listing, by=None, at, officer=None):
    """Send it for registration and register it: what was one step before there was a review."""
    waiting = sent(listing=listing, by=by, at=at)
    return approve(listing=waiting, seen_revision=waiting.revision, by=officer or an_officer(), at=at)


def returned(*, marks=None, note="Say more", by=None, at=REGISTERED, **fields):
    """A technology that an officer returned."""
    waiting = sent(at=at, **fields)
    return return_listing(
        listing=waiting, marks=marks or {}, note=note, seen_revision=waiting.revision, by=by or an_officer(), at=at
    )


def patent(serial: int = 1, **changes):
    """The values of a registered patent."""
    return {
        "kind": RightKind.PATENT,
        "application_number": f"102023{serial:07d}",
        "registration_number": f"10{serial:07d}0000",
        "status": RightStatus.REGISTERED,
    } | changes


class RunFactory(factory.django.DjangoModelFactory):
    """An import that waits for its columns; each of another file."""

    class Meta:
        model = Run

    source = factory.SubFactory(SourceFactory)
    file_name = "목록.csv"
    file_size = 1
    checksum = factory.Sequence(lambda n: f"{n:064x}")


class SynonymGroupFactory(factory.django.DjangoModelFactory):
    """A group in use; each of words of its own."""

    class Meta:
        model = SynonymGroup

    words = factory.Sequence(lambda n: [f"낱말{n}", f"word {n}", f"词语{n}"])
    keys = factory.LazyAttribute(lambda o: [word_key(word) for word in o.words])
    changed_at = factory.LazyFunction(timezone.now)


class ListingExportFactory(factory.django.DjangoModelFactory):
    """An export that waits, or with `ready=True` one with a file, or with `failed=True` one that could not be made."""

    class Meta:
        model = ListingExport

    class Params:
        ready = factory.Trait(
            state=ExportState.READY,
            ready_at=factory.LazyFunction(timezone.now),
            file=factory.LazyFunction(lambda: ContentFile(b"\xef\xbb\xbfnumber\r\n", "1-technologies.csv")),
            attempts=1,
        )
        failed = factory.Trait(state=ExportState.FAILED, attempts=3)

    owner = factory.SubFactory(UserFactory)
    format = ExportFormat.CSV
    language = "en"
    expires_at = factory.LazyFunction(lambda: timezone.now() + datetime.timedelta(days=7))


def inventor_answered(listing, *, by=None, name="김가온", **part):
    """What an inventor has sent for this draft, written past the services."""
    now = timezone.now()
    given = {"value_ko": "충전 시간을 42분에서 11분으로 줄인다.", "effect": "12% 가볍다."} | part
    return InventorInvitation.objects.create(
        listing=listing, name=name, email=f"kim{listing.pk}@lab.example", language="ko",
        token_digest=f"{listing.pk:064x}", invited_by=by or UserFactory(), expires_at=now + datetime.timedelta(days=14),
        mailed_at=now, given=given, given_revision=1, given_at=now, sent_at=now, state="sent",
    )  # fmt: skip
