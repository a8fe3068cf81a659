"""Who may do what with a technology, and in which state: two tables, by page and by API."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from notifications.models import Notification
from tech_listings.enums import ListingState
from tech_listings.models import Listing, Submission
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, sign_in
from tests.factories.tech_listings import REGISTERED, ListingFactory, an_officer, sent

S = ListingState
NEEDED = {
    S.WITHDRAWN: {"withdrawn_at": REGISTERED},
    S.EXEMPTED: {"exempted_until": "2028-01-01"},
    S.SUSPENDED: {"suspended_at": REGISTERED, "suspended_for": "dispute"},
    S.CLOSED: {"closed_at": REGISTERED, "outcome": "assigned", "outcome_on": REGISTERED.date()},
}
NO_NUMBER = {S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.RETURNED, S.EXEMPTED, S.DISCARDED}
FORM = {"title_ko": "새 제목", "rights-TOTAL_FORMS": 0, "rights-INITIAL_FORMS": 0, "summary_ko": "요약",
        "field_of_use": "시험", "conditions_of_use": "협의", "deal_kinds": ["non_exclusive_licence"]}  # fmt: skip
OTHER = {"reason": "끝", "outcome": "not_traded", "text": "x", "note": "x", "why": "dispute", "until": "2028-01-01"}

# What each does, who does it, and from which states; in all others it is refused and changes nothing.
HOLDERS, OFFICERS = "holder", "officer"
ACTIONS = {
    "edit": (HOLDERS, {*S} - {S.SUBMITTED, S.IN_REVIEW, S.CLOSED, S.DISCARDED}),
    "submit": (HOLDERS, {S.DRAFT, S.RETURNED, S.EXEMPTED, S.WITHDRAWN}),
    "take_back": (HOLDERS, {S.SUBMITTED, S.IN_REVIEW}),
    "withdraw": (HOLDERS, {S.PUBLISHED, S.UNDER_NEGOTIATION, S.CONTRACTED, S.SUSPENDED}),
    "discard": (HOLDERS, {S.DRAFT, S.RETURNED}),
    "close": (HOLDERS, {S.PUBLISHED, S.UNDER_NEGOTIATION, S.CONTRACTED}),
    "confirm": (HOLDERS, {S.PUBLISHED, S.UNDER_NEGOTIATION, S.CONTRACTED}),
    "review_approve": (OFFICERS, {S.IN_REVIEW}),
    "review_return": (OFFICERS, {S.IN_REVIEW}),
    "review_exempt": (OFFICERS, {S.IN_REVIEW}),
    "review_look": (OFFICERS, {S.PUBLISHED, S.UNDER_NEGOTIATION, S.CONTRACTED}),
    "review_suspend": (OFFICERS, {S.PUBLISHED, S.UNDER_NEGOTIATION}),
    "review_resume": (OFFICERS, {S.SUSPENDED}),
}
REFUSED = {403, 404, 409, 422}


def listing_in(state, **fields):
    if state in {S.SUBMITTED, S.IN_REVIEW}:
        return sent(in_review=state == S.IN_REVIEW, **fields)
    none = {"number": None, "registered_at": None} if state in NO_NUMBER else {}
    return ListingFactory(state=state, **fields, **none, **NEEDED.get(state, {}))


def stored(listing):
    return (
        Listing.objects.values().get(pk=listing.pk),
        list(Submission.objects.values("serial", "decision", "checked_at").order_by("pk")),
        Notification.objects.count(),
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_works_from_its_states_and_changes_nothing_in_others(action):
    who, states = ACTIONS[action]
    holder = OrganizationFactory(institute=True)
    user = MembershipFactory(organization=holder).user if who == HOLDERS else an_officer()
    client = Client()
    sign_in(client, user)
    for state in ListingState:
        listing = listing_in(state, holder=holder)
        before = stored(listing)
        data = FORM | OTHER | {"revision": listing.revision}
        answer = client.post(reverse(f"tech_listings:{action}", args=[listing.reference]), data)
        done = stored(listing) != before
        assert done is (state in states), (state, answer.status_code)
        if not done and action != "confirm":
            assert answer.status_code in REFUSED, state


PEOPLE = ("anonymous", "nobody", "firm", "other institute", "viewer", "staff", "manager", "gov viewer", "officer")
WRITES = (302, 404, 404, 404, 403, 302, 302, 404, 403)
WRITES_PUBLIC = (302, 403, 403, 403, 403, 302, 302, 403, 403)
REVIEWS = (302, 403, 403, 403, 403, 403, 403, 403, 302)
TABLE = {
    "edit": (S.DRAFT, (302, 404, 404, 404, 403, 302, 302, 404, 404)),
    "submit": (S.DRAFT, (302, 404, 404, 404, 403, 302, 302, 404, 404)),
    "take_back": (S.IN_REVIEW, WRITES),
    "withdraw": (S.PUBLISHED, WRITES_PUBLIC),
    "discard": (S.RETURNED, WRITES),
    "close": (S.PUBLISHED, WRITES_PUBLIC),
    "confirm": (S.PUBLISHED, WRITES_PUBLIC),
    "review_approve": (S.IN_REVIEW, REVIEWS),
    "review_return": (S.IN_REVIEW, REVIEWS),
    "review_exempt": (S.IN_REVIEW, REVIEWS),
    "review_look": (S.PUBLISHED, REVIEWS),
    "review_suspend": (S.PUBLISHED, REVIEWS),
    "review_resume": (S.SUSPENDED, REVIEWS),
}
DONE = {"staff", "manager"}


def person(who, holder):
    return {
        "anonymous": lambda: None,
        "nobody": UserFactory,
        "firm": lambda: MembershipFactory(company=True).user,
        "other institute": lambda: MembershipFactory(institute=True).user,
        "viewer": lambda: MembershipFactory(organization=holder, role=Role.VIEWER).user,
        "staff": lambda: MembershipFactory(organization=holder).user,
        "manager": lambda: MembershipFactory(organization=holder, role=Role.MANAGER).user,
        "gov viewer": lambda: (
            MembershipFactory(government=True, role=Role.VIEWER, user=UserFactory(second_factor=True)).user
        ),
        "officer": an_officer,
    }[who]()


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may(who):
    for action, (state, row) in TABLE.items():
        listing = listing_in(state)
        client = Client()
        if user := person(who, listing.holder):
            sign_in(client, user)
        before = stored(listing)
        data = FORM | OTHER | {"revision": listing.revision}
        answer = client.post(reverse(f"tech_listings:{action}", args=[listing.reference]), data)
        allowed = who == "officer" if ACTIONS[action][0] == OFFICERS else who in DONE
        assert answer.status_code == row[PEOPLE.index(who)], action
        assert (stored(listing) != before) is allowed, action


API = {
    "submit": (S.DRAFT, {}, "my/listings/{}/submit/", HOLDERS),
    "take-back": (S.IN_REVIEW, {}, "my/listings/{}/take-back/", HOLDERS),
    "approve": (S.IN_REVIEW, {}, "review/{}/approve/", OFFICERS),
    "return": (S.IN_REVIEW, {"note": "x"}, "review/{}/return/", OFFICERS),
    "exempt": (S.IN_REVIEW, {"reason": "x", "until": "2028-01-01"}, "review/{}/exempt/", OFFICERS),
    "suspend": (S.PUBLISHED, {"why": "dispute", "text": "x"}, "review/{}/suspend/", OFFICERS),
    "resume": (S.SUSPENDED, {}, "review/{}/resume/", OFFICERS),
    "batch": (S.IN_REVIEW, {}, "review/batch/", OFFICERS),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_by_the_api(who):
    for action, (state, body, path, whose) in API.items():
        listing = listing_in(state)
        client = Client()
        if user := person(who, listing.holder):
            sign_in(client, user)
        before = stored(listing)
        body = body | {"revision": listing.revision}
        if action == "batch":
            body = {"choices": [{"id": str(listing.public_id), "revision": listing.revision}]}
        answer = client.post(f"/api/v1/{path.format(listing.reference)}", body, content_type="application/json")
        allowed = who == "officer" if whose == OFFICERS else who in DONE
        assert (answer.status_code == 200) is allowed, (action, answer.status_code)
        assert answer.status_code in {200, 401, 403, 404}, action
        assert (stored(listing) != before) is allowed, action
