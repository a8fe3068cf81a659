"""Programs of panel members read papers once there is no tie; the list of a selection comes page by page."""

import pytest
import time_machine
from django.urls import reverse

from programmes.services.applications.declared import check_transfer
from programmes.services.review.panel import declare
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.programmes.review import (
    NOW,
    call_row,
    entered,
    firm,
    found_eligible,
    member,
    officer,
    proposed,
    ready,
    submitted,
    with_paper,
)
from tests.programmes.review.test_access import api_of


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


def url(name, *args):
    return reverse(f"programmes-api:{name}", args=[getattr(each, "public_id", each) for each in args])


def test_papers_and_contract_are_read_by_who_declared_no_tie():
    organization = firm()
    call = call_row()
    made = submitted(call, by_firm=organization, transfer=entered(organization))
    check_transfer(application=made, accept=True, by=officer(call), at=NOW)
    paper = with_paper(made)
    found_eligible(made)
    free, tied, silent = member(call), member(call), member(call)
    declare(panelist=tied, application=made, has_conflict=True, text="My sister", by=tied.user, at=NOW)
    said = {"has_conflict": False}
    shown = api_of(free.user).post(url("panel-declare", free, made), said, format="json").json()
    assert ([each["id"] for each in shown["papers"]], shown["has_contract"]) == ([str(paper.public_id)], True)
    for name, more in (("panel-paper", [paper]), ("panel-contract", [])):
        answer = api_of(free.user).get(url(name, free, made, *more))
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"%PDF")
        for seat in (tied, silent):
            assert api_of(seat.user).get(url(name, seat, made, *more)).status_code == 404
            assert api_of(seat.user).get(url(name, free, made, *more)).status_code == 404
        assert api_of(UserFactory()).get(url(name, free, made, *more)).status_code == 404
    for seat in (tied, silent):
        shown = api_of(seat.user).get(url("panel-application", seat, made)).json()
        assert (shown["papers"], shown["has_contract"]) == ([], False)


def test_the_list_of_a_selection_comes_page_by_page_and_without_the_own_firm():
    call, (made, *_others) = ready(60, 55, 50)
    selection = proposed(call=call)
    by = officer(call, second_factor=True)
    api, address = api_of(by), url("selection-lines", selection)
    whole = api.get(url("selection", selection)).json()["lines"]
    first, second = (api.get(address, {"limit": 2, "offset": offset}).json() for offset in (0, 2))
    assert (first["count"], first["results"] + second["results"]) == (3, whole)
    assert api.get(address, {"state": "x"}).status_code == 400
    MembershipFactory(organization=made.organization, user=by)
    own = api.get(address, headers={"X-Organization": str(call.office.public_id)}).json()
    assert (own["count"], made.number in str(own)) == (2, False)
    for stranger, status in ((officer(call_row(), second_factor=True), 404), (UserFactory(), 403)):
        assert api_of(stranger).get(address).status_code == status
