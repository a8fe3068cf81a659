"""What officers write about the survey's years and the capability index through the API: the same services as the
pages, each once per key, and nothing for anybody else."""

import datetime
import json
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from policy.models import IndexWeights, PeerPlacement, Ranking, SurveyRound
from policy.queries.index import own_inputs
from tests.factories.accounts import MembershipFactory, OrganizationFactory, sign_in
from tests.factories.policy_index import published, weights, weights_draft
from tests.factories.policy_survey import a_round, accepted, officer

WRITTEN = (IndexWeights, PeerPlacement, Ranking, SurveyRound)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def office():
    return sign_in(Client(), officer())


def api(client, method, path, body=None, key=None):
    headers = {"Idempotency-Key": str(key)} if key else {}
    given = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(f"/api/v1/{path}", headers=headers, **given)


def rows():
    return [list(model.objects.order_by("pk").values()) for model in WRITTEN]


def index(now, **changed):
    plan = weights(now).plan.as_json()
    return {**plan, "source": "Expert group", **changed}


def test_a_version_is_written_changed_and_published_by_another(office, now):
    key, body = uuid4(), index(now)
    made = api(office, "post", "capability/weights/", body, key)
    assert made.status_code == 201
    again = api(office, "post", "capability/weights/", body, key)
    assert (again.status_code, again.json()) == (201, made.json())
    assert IndexWeights.objects.filter(state="draft").count() == 1
    at = f"capability/weights/{made.json()['id']}/"
    assert api(Client(), "get", at).status_code == 404  # a draft is for officers
    changed = api(office, "put", at, {**body, "source": "Another group", "revision": 1})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert api(office, "put", at, {**body, "revision": 1}).status_code == 409
    assert api(office, "post", f"{at}publish/", {"revision": 2}).status_code == 403  # who wrote it
    other = sign_in(Client(), officer())
    assert api(other, "post", f"{at}publish/", {"revision": 1}).status_code == 409
    assert api(other, "post", f"{at}publish/", {"revision": 2}).json()["state"] == "published"
    assert api(Client(), "get", at).json()["source"] == "Another group"


def test_a_draft_is_thrown_away(office, now):
    draft = weights_draft(at=now)
    answered = api(office, "post", f"capability/weights/{draft.public_id}/discard/", {"revision": draft.revision})
    assert (answered.status_code, answered.json()["state"]) == (200, "withdrawn")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"weights": {}}, "weights.listed"),
        ({"bands": [{"up_to_rank": 3, "points_bp": 10}, {"up_to_rank": 1, "points_bp": 5}]}, "bands"),
        ({"least_complete_bp": 10_001}, "least_complete_bp"),
        ({"source": ""}, "source"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_and_writes_nothing(changed, field, office, now):
    body, before = index(now, **changed), rows()
    refused = api(office, "post", "capability/weights/", body)
    assert refused.status_code == 400
    assert any(each["field"].startswith(field.split(".")[0]) for each in refused.json()["errors"])
    assert rows() == before


def test_a_ranking_is_published_as_it_was_seen_once_per_key(office, now):
    round = accepted(at=now).round
    weights(now)
    seen = api(office, "get", f"capability/rankings/{round.year}/preview/").json()
    assert [line["rank"] for line in seen["lines"]] == [1]
    body, key = {"year": round.year, "seen": seen["digest"]}, uuid4()
    assert api(office, "post", "capability/rankings/", {**body, "seen": "0" * 64}).status_code == 409
    assert not Ranking.objects.exists()
    made = api(office, "post", "capability/rankings/", body, key)
    assert (made.status_code, made.json()["digest"]) == (201, seen["digest"])
    assert api(office, "post", "capability/rankings/", body, key).json() == made.json()
    assert api(office, "post", "capability/rankings/", body).json()["code"] == "same_ranking"
    reused = api(office, "post", "capability/rankings/", {**body, "seen": "1" * 64}, key)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    assert Ranking.objects.count() == 1


def test_an_institute_reads_its_own_result_and_nobody_else_s(now):
    member = MembershipFactory(institute=True)
    round = accepted(institute=member.organization, at=now).round
    line = published(year=round.year, at=now).lines.get()
    path = f"capability/rankings/{round.year}/own/"
    own = api(sign_in(Client(), member.user), "get", path).json()
    assert (own["rank"], own["figures"]) == (line.rank, own_inputs(line))
    assert [each["indicator"] for each in own["indicators"]] == [each["indicator"] for each in line.parts]
    other = sign_in(Client(), MembershipFactory(institute=True).user)
    assert api(other, "get", path).status_code == 404
    assert api(Client(), "get", path).status_code == 401
    assert api(sign_in(Client(), MembershipFactory(company=True).user), "get", path).status_code == 403


def test_an_institute_is_put_into_another_group(office):
    institute = OrganizationFactory(institute=True)
    body = {"institute": str(institute.public_id), "group": "basic", "reason": "It does basic research."}
    key = uuid4()
    for _twice in range(2):
        assert api(office, "post", "capability/groups/", body, key).json()["group"] == "basic"
    assert PeerPlacement.objects.count() == 1
    assert api(office, "post", "capability/groups/", {**body, "group": "education"}, key).status_code == 409
    [line] = [
        each for each in api(office, "get", "capability/groups/").json() if each["institute"] == body["institute"]
    ]
    assert (line["group"], line["reason"]) == ("basic", "It does basic research.")
    assert api(office, "post", "capability/groups/", {**body, "institute": str(uuid4())}).status_code == 404


def test_a_year_is_opened_and_changed(office, now):
    year, key = now.year - 1, uuid4()
    day, later = (str(timezone.localdate(now) + datetime.timedelta(days=days)) for days in (30, 60))
    body = {"year": year, "due_on": day, "bounds": {"office_staff": {"share_bp": 100, "least": 1}}}
    made = api(office, "post", "survey/years/", body, key)
    assert (made.status_code, made.json()["bounds"]["office_staff"]) == (201, {"share_bp": 100, "least": 1})
    assert made.json()["bounds"]["new_technologies"]["share_bp"] > 0
    assert api(office, "post", "survey/years/", body, key).json() == made.json()
    assert api(office, "post", "survey/years/", body).status_code == 409
    change = {"due_on": later, "revision": 1}
    changed = api(office, "put", f"survey/years/{year}/", change)
    assert (changed.status_code, changed.json()["due_on"]) == (200, later)
    assert api(office, "put", f"survey/years/{year}/", change).status_code == 409
    assert api(Client(), "get", f"survey/years/{year}/").json() == changed.json()
    late = api(office, "post", "survey/years/", {**body, "year": now.year})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (400, "year")
    assert SurveyRound.objects.count() == 1


@pytest.mark.parametrize("kind", ["anonymous", "institute", "company", "broker"])
def test_nobody_else_writes(kind, now):
    round, draft = a_round(at=now), weights_draft(at=now)
    institute = OrganizationFactory(institute=True)
    nobody = kind == "anonymous"
    client = Client() if nobody else sign_in(Client(), MembershipFactory(**{kind: True}, manager=True).user)
    due_on = f"{round.year + 1}-07-31"
    asked = [
        ("post", "capability/weights/", index(now)),
        ("put", f"capability/weights/{draft.public_id}/", {**index(now), "revision": 1}),
        ("post", f"capability/weights/{draft.public_id}/publish/", {"revision": 1}),
        ("post", f"capability/weights/{draft.public_id}/discard/", {"revision": 1}),
        ("post", "capability/rankings/", {"year": round.year, "seen": "0" * 64}),
        ("get", f"capability/rankings/{round.year}/preview/", None),
        ("get", "capability/groups/", None),
        ("post", "capability/groups/", {"institute": str(institute.public_id), "group": "basic", "reason": "x"}),
        ("post", "survey/years/", {"year": round.year - 1, "due_on": due_on}),
        ("put", f"survey/years/{round.year}/", {"due_on": due_on, "revision": 1}),
    ]
    before = rows()
    assert {api(client, *each).status_code for each in asked} == {401 if nobody else 403}
    assert rows() == before


@pytest.mark.parametrize("year", [0, 1999, 2101, 99999, 10**11])
def test_a_year_far_off_is_nothing(year, office, now):
    weights(now)
    for path in (f"survey/years/{year}/", f"capability/rankings/{year}/preview/", f"capability/rankings/{year}/"):
        assert api(office, "get", path).status_code == 404, path


@pytest.mark.parametrize("key", ["x", "", "1234"])
def test_a_key_is_a_uuid(key, office, now):
    body = {"year": now.year - 1, "due_on": str(datetime.date(now.year, 6, 30))}
    answered = office.post(
        "/api/v1/survey/years/", data=json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": key},
    )  # fmt: skip
    assert answered.status_code == 400
    assert not SurveyRound.objects.exists()
