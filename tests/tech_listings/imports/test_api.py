import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import tech_listings.tasks  # noqa: F401
from tech_listings.enums import RunState
from tech_listings.models import Listing, Run
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import plan, take_in

RUNS = "/api/v1/ingestion-runs/"


@pytest.fixture
def member():
    return MembershipFactory(institute=True)


@pytest.fixture
def api(client, member):
    return sign_in(client, member.user)


@pytest.fixture
def source(member):
    return SourceFactory(organization=member.organization, name="특허대장")


def post(api, data, **fields):
    return api.post(RUNS, {"file": SimpleUploadedFile("목록.csv", data), "source": "특허대장", **fields})


def test_upload_look_apply(api, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = post(api, as_csv([row(1), row(2, 출원일자="어제")]))
    assert made.status_code == 201
    url = f"{RUNS}{made.json()['id']}/"

    run = api.get(url).json()
    assert (run["state"], run["added"], run["refused"]) == ("planned", 1, 1)
    refused = api.get(f"{url}rows/?action=refuse").json()["results"]
    assert refused[0]["row"] == 3
    assert {k: refused[0]["problems"][0][k] for k in ("field", "value", "code")} == {
        "field": "출원일자",
        "value": "어제",
        "code": "bad_date",
    }
    assert api.get(f"{url}rows/?colour=red").status_code == 400
    assert b"2023-01-10" in b"".join(api.get(f"{url}errors.csv").streaming_content)

    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"{url}apply/", {}, content_type="application/json").status_code == 200
    done = api.get(url).json()
    assert (done["state"], done["done"], done["to_do"]) == ("applied", 1, 1)
    assert api.post(f"{url}apply/", {}, content_type="application/json").json()["state"] == "applied"
    assert Listing.objects.count() == 1


def test_the_same_file_is_answered_with_the_earlier_run(api):
    first = post(api, as_csv([row(1)]))
    second = post(api, as_csv([row(1)]))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_a_mapping_in_the_call(api):
    data = as_csv([["10-2019-0000001", "합금"]], header=["가", "나"])

    assert post(api, data).json()["state"] == "received"
    bad = post(api, data + b"\n", mapping='{"title": "하"}')
    assert bad.status_code == 400
    assert bad.json()["code"] == "bad_mapping"
    good = post(api, data + b"\n\n", mapping='{"title": "나", "application_number": "가"}')
    assert good.json()["state"] == "planning"
    run = Run.objects.filter(state=RunState.RECEIVED).get()
    url = f"{RUNS}{run.public_id}/mapping/"
    chosen = api.put(url, {"mapping": {"title": "나", "application_number": "가"}}, content_type="application/json")
    assert chosen.json()["state"] == "planning"


def test_refusals_have_the_shape_of_all_refusals(api):
    refused = post(api, b"%PDF-1.7").json()

    assert refused["code"] == "not_a_table"
    assert refused["errors"][0]["field"] == "file"
    assert post(api, b"").json()["code"] == "empty_file"
    assert api.post(RUNS, {"source": "x"}).json()["errors"][0]["field"] == "file"


def test_too_many_withdrawals_need_a_word(api, source):
    take_in(source, as_csv([row(n) for n in range(1, 11)]))
    run = plan(source, as_csv([row(1)]), kind="full")
    url = f"{RUNS}{run.public_id}/apply/"

    refused = api.post(url, {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_confirmation")
    assert api.post(url, {"confirm_withdrawals": True}, content_type="application/json").json()["state"] == "applying"


def test_list_filter_cancel_compare(api, source):
    run = plan(source, as_csv([row(1)]))
    plan(SourceFactory(), as_csv([row(1)]))

    assert [r["id"] for r in api.get(RUNS).json()["results"]] == [str(run.public_id)]
    assert api.get(f"{RUNS}?state=planned&source=특허대장").json()["count"] == 1
    assert api.get(f"{RUNS}?state=applied").json()["count"] == 0
    assert api.get(f"{RUNS}?status=applied").status_code == 400
    assert api.post(f"{RUNS}{run.public_id}/compare/").json()["state"] == "planning"
    assert api.post(f"{RUNS}{run.public_id}/cancel/").json()["state"] == "cancelled"
    assert api.post(f"{RUNS}{run.public_id}/compare/").status_code == 409
