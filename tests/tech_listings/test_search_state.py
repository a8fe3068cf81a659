"""The officer's page about the search itself, and the command."""

import datetime
import io
import json

import pytest
from django.core.management import call_command

from tech_listings.models import ListingDocument, ListingMeaning, SearchState, SearchTerm
from tech_listings.search.state import figures
from tests.factories.accounts import MembershipFactory, UserFactory, sign_in
from tests.factories.tech_listings import ListingFactory, SynonymGroupFactory

PAGE = "/officer/search/"


@pytest.fixture
def behind():
    """Three listings, all waiting for their meaning, one tried before; one document of an older analyser."""
    listings = [ListingFactory() for _ in range(3)]
    moments = [datetime.datetime(2026, 5, day, 9, tzinfo=datetime.UTC) for day in (3, 1, 2)]
    for listing, moment in zip(listings, moments, strict=True):
        ListingMeaning.objects.filter(listing=listing).update(due_at=moment)
    ListingMeaning.objects.filter(listing=listings[0]).update(attempts=2)
    ListingDocument.objects.filter(listing=listings[0]).update(analyser=0)
    SearchState.objects.update_or_create(pk=1, defaults={"documents": 3, "terms_at": moments[0]})
    SearchTerm.objects.create(id=7, documents=3)
    SynonymGroupFactory()
    SynonymGroupFactory(is_active=False)
    return min(moments)


def test_drafts_and_what_was_withdrawn_are_no_backlog(behind):
    draft, gone = ListingFactory(draft=True), ListingFactory(withdrawn=True)
    early = datetime.datetime(2022, 2, 9, tzinfo=datetime.UTC)
    assert ListingMeaning.objects.filter(listing__in=[draft, gone]).update(due_at=early) == 2
    assert (figures().meanings_due, figures().meanings_due_since) == (3, behind)


def test_figures_say_how_far_the_search_is_behind(behind):
    now = figures()
    assert (now.documents, now.documents_old) == (3, 1)
    assert (now.meanings, now.meanings_due, now.meanings_due_since, now.meanings_stuck) == (0, 3, behind, 1)
    assert (now.terms, now.terms_documents) == (1, 3)
    assert (now.synonym_groups, now.synonym_groups_off) == (1, 1)


def test_the_command_says_the_same(behind):
    out = io.StringIO()
    call_command("search_status", json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert (told["meanings_due"], told["documents_old"], told["synonym_groups"]) == (3, 1, 1)
    assert told["meanings_due_since"] == "2026-05-01T09:00:00Z"
    call_command("search_status", stdout=out)
    assert "meanings due: 3, the oldest since 2026-05-01 09:00 UTC; 1 failed before" in out.getvalue()


def test_an_empty_installation_has_figures_too():
    out = io.StringIO()
    call_command("search_status", stdout=out)
    assert "frequencies of 0 terms: never" in out.getvalue()
    assert figures().meanings_due_since is None


def test_officers_see_the_page_and_find_it(client, behind):
    officer = MembershipFactory(government=True, user=UserFactory(second_factor=True)).user
    page = sign_in(client, officer).get(PAGE)
    assert page.status_code == 200
    assert page.context["figures"].meanings_due == 3
    assert "failed before" in page.text
    home = client.get("/").text
    assert PAGE in home
    assert "/officer/synonyms/" in home


def test_others_do_not(client):
    sign_in(client, MembershipFactory(institute=True, manager=True).user)
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/").text
