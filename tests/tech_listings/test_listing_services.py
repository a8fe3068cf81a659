import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest

from marketplace.core.errors import ChangedMeanwhile, DomainError
from tech_listings.enums import DealKind, ListingState, RightStatus, RightSummary
from tech_listings.models import Listing
from tech_listings.queries import version_history
from tech_listings.search.narrowing import matching
from tech_listings.services.edit import DuplicateRight, KeyReused, create_draft, edit_listing
from tech_listings.services.publish import NotComplete, discard, withdraw
from tests.factories.accounts import OrganizationFactory, UserFactory
from tests.factories.tech_listings import ListingFactory, SourceFactory, patent, publish
from tests.threads import at_once

AT = datetime.datetime(2026, 6, 1, 10, tzinfo=ZoneInfo("Asia/Seoul"))
CONTENT = {"title_ko": "수전해 전극", "deal_kinds": [DealKind.NON_EXCLUSIVE_LICENCE.value]}


def draft(**changes):
    given = {"holder": OrganizationFactory(institute=True), "content": CONTENT, "rights": [], "by": UserFactory()}
    return create_draft(at=AT, **(given | changes))


def edit(listing, **changes):
    given = {"content": {}, "rights": None, "seen_revision": listing.revision, "by": UserFactory(), "at": AT}
    return edit_listing(listing=listing, **(given | changes))


def row(listing):
    return Listing.objects.values().get(pk=listing.pk)


def test_the_same_form_twice_makes_one_draft():
    holder, key = OrganizationFactory(institute=True), uuid.uuid4()
    first = draft(holder=holder, public_id=key)
    assert draft(holder=holder, public_id=key) == first
    for other in ({"content": CONTENT | {"title_ko": "다른 것"}}, {"rights": [patent(1)]}):
        with pytest.raises(KeyReused):
            draft(holder=holder, public_id=key, **other)
    assert Listing.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_draft():
    holder, key, by = OrganizationFactory(institute=True), uuid.uuid4(), UserFactory()
    first, second = at_once(*[lambda: draft(holder=holder, public_id=key, by=by)] * 2)
    assert first == second
    assert Listing.objects.count() == 1


def test_rights_decide_the_summary():
    assert draft(rights=[patent(1), patent(2, status=RightStatus.EXPIRED)]).right_summary == RightSummary.REGISTERED
    assert draft(rights=[patent(3, status=RightStatus.PUBLISHED)]).right_summary == RightSummary.PENDING
    assert draft(rights=[patent(4, status=RightStatus.REFUSED)]).right_summary == RightSummary.LAPSED
    assert draft().right_summary == RightSummary.NONE


def test_the_same_application_number_twice_is_refused_and_nothing_is_made():
    with pytest.raises(DuplicateRight):
        draft(rights=[patent(1), patent(1)])
    assert Listing.objects.exists() is False


def test_publishing_gives_number_and_date_once_and_the_words_are_found():
    listing = draft(content=CONTENT | {"summary_ko": "요약", "field_of_use": "연료전지", "conditions_of_use": "협의"})
    published = publish(listing=listing, by=UserFactory(), at=AT)
    assert (published.number, published.registered_at) == ("S2026000001", AT)
    assert published.confirmed_on == datetime.date(2026, 6, 1)
    assert list(matching(Listing.objects.published(), "수전해")) == [published]

    gone = withdraw(listing=published, reason="계약", by=UserFactory(), at=AT)
    assert list(matching(Listing.objects.published(), "수전해")) == []
    later = publish(listing=gone, by=UserFactory(), at=AT + datetime.timedelta(days=400))
    assert (later.number, later.registered_at) == ("S2026000001", AT)


@pytest.mark.parametrize(
    ("lacking", "field"),
    [("summary_ko", "summary_ko"), ("field_of_use", "field_of_use"), ("conditions_of_use", "conditions_of_use")],
)
def test_what_the_decree_asks_for_must_be_there(lacking, field):
    listing = ListingFactory(draft=True, **{lacking: ""})
    before = row(listing)
    with pytest.raises(NotComplete) as refused:
        publish(listing=listing, by=UserFactory(), at=AT)
    assert refused.value.field == field
    assert row(listing) == before


def test_a_reason_is_asked_for_withdrawal():
    listing = ListingFactory()
    before = row(listing)
    with pytest.raises(DomainError):
        withdraw(listing=listing, reason="  ", by=UserFactory(), at=AT)
    assert row(listing) == before


def test_an_edit_makes_a_version_and_the_new_words_are_found():
    listing = ListingFactory(title_ko="옛 제목")
    saved = edit(listing, content={"title_ko": "새로운 분리막", "trl": 5})
    assert saved.revision == 2
    assert list(matching(Listing.objects.published(), "분리막")) == [saved]
    newest = version_history(saved, inside=False)[0]
    assert {c.field: (c.before, c.after) for c in newest.changes} == {
        "title_ko": ("옛 제목", "새로운 분리막"),
        "trl": ("", "5"),
    }


def test_saving_without_a_change_makes_no_version():
    listing = ListingFactory(rights=[patent(7)])
    edit(listing, content={"title_ko": listing.title_ko}, rights=[patent(7)])
    assert Listing.objects.get(pk=listing.pk).revision == 1


def test_the_second_editor_is_told_and_nothing_is_lost():
    listing = ListingFactory()
    edit(listing, content={"title_ko": "먼저 저장"}, seen_revision=1)
    with pytest.raises(ChangedMeanwhile):
        edit(listing, content={"title_ko": "나중 저장"}, seen_revision=1)
    assert Listing.objects.get(pk=listing.pk).title_ko == "먼저 저장"


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_once_one_wins():
    listing, by = ListingFactory(), UserFactory()
    results = at_once(
        lambda: edit(listing, content={"title_ko": "갑"}, by=by),
        lambda: edit(listing, content={"title_ko": "을"}, by=by),
    )
    assert sorted(type(r).__name__ for r in results) == ["ChangedMeanwhile", "Listing"]
    assert Listing.objects.get(pk=listing.pk).revision == 2


def test_a_discarded_draft_is_nobodys():
    listing = ListingFactory(draft=True)
    discard(listing=listing, by=UserFactory(), at=AT)
    assert not Listing.objects.visible_to(UserFactory()).filter(pk=listing.pk).exists()


def test_outsiders_see_nothing_written_while_it_was_withdrawn():
    listing = ListingFactory(title_ko="처음")
    gone = withdraw(listing=listing, reason="계약", by=UserFactory(), at=AT)
    between = edit(gone, content={"title_ko": "중간에 쓴 것"})
    last = edit(between, content={"title_ko": "다시 나온 것"})
    back = publish(listing=last, by=UserFactory(), at=AT)
    shown = str(version_history(back, inside=False))
    assert "다시 나온 것" in shown
    assert "중간에 쓴 것" not in shown
    assert "중간에 쓴 것" in str(version_history(back, inside=True))


def test_outsiders_see_no_draft_in_the_history():
    listing = ListingFactory(draft=True, title_ko="비밀 초안 이름")
    edit(listing, content={"title_ko": "공개 이름"})
    published = publish(listing=Listing.objects.get(pk=listing.pk), by=UserFactory(), at=AT)
    public = version_history(published, inside=False)
    assert len(public) == 1
    assert public[0].changes == []
    assert len(version_history(published, inside=True)) == 4  # written, edited, sent, registered


def test_a_withdrawn_record_of_a_file_is_published_again_without_a_text_on_its_field():
    listing = ListingFactory(withdrawn=True, field_of_use="", source=SourceFactory(), source_key="a:1")
    assert publish(listing=listing, by=UserFactory(), at=AT).state == ListingState.PUBLISHED
