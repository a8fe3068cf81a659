"""Whatever a program sends is answered in the one error shape, never by a server error."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import SimpleRateThrottle

from accounts.services.tokens import digest_of
from marketplace.core.throttling import TokenThrottle
from tech_listings.models import Run
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, UserFactory

HALF_A_PAIR = "\\ud800"


@pytest.fixture
def send(client):
    client.force_login(UserFactory())

    def call(body, path="/api/v1/me/", method="patch", content_type="application/json"):
        return getattr(client, method)(path, data=body, content_type=content_type)

    return call


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "[{}]",
        "5",
        "null",
        '"name"',
        "[" * 100_000,
        '{"name":',
        '{"name": ' + "9" * 5000 + "}",
        b'{"name": "\xff"}',
    ],
)
def test_a_body_that_is_no_object_is_refused(send, body):
    answer = send(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize("body", [f'{{"{HALF_A_PAIR}": 1}}', f'{{"language": "{HALF_A_PAIR}"}}'])
def test_half_a_surrogate_pair_is_quoted_back(send, body):
    answer = send(body)
    assert answer.status_code == 400
    assert HALF_A_PAIR in answer.content.decode()
    assert json.loads(answer.content)["code"] == "validation_error"


def test_a_body_larger_than_a_form_may_be_is_413(send, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
    body = json.dumps({"name": "x" * (1 << 20)})
    ApiTokenFactory(digest=digest_of("ieum_hostile"))
    program = Client(headers={"Authorization": "Token ieum_hostile"})

    by_token = program.patch("/api/v1/me/", data=body, content_type="application/json")

    for answer in (send(body), by_token):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_address_of_ones_own_writing_is_no_allowance_of_ones_own():
    def ident(**headers):
        request = APIRequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **headers)
        return SimpleRateThrottle.get_ident(TokenThrottle(), request)

    assert ident() == ident(HTTP_X_FORWARDED_FOR="198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize(
    "mapping", ["5", '"title"', f'"{HALF_A_PAIR}"', "[" * 50_000, '{"title": 5}', '{"colour": "제목"}']
)
def test_a_mapping_that_is_none_is_refused(client, mapping):
    client.force_login(MembershipFactory(institute=True).user)
    file = SimpleUploadedFile("a.csv", "제목,출원번호\n수소,1020120086766\n".encode())

    answer = client.post("/api/v1/ingestion-runs/", {"file": file, "source": "대장", "mapping": mapping})

    assert answer.status_code == 400
    assert Run.objects.exists() is False


def test_a_technology_has_at_most_thirty_rights(client):
    client.force_login(MembershipFactory(institute=True).user)
    body = {"title_ko": "수소", "rights": [{"kind": "patent", "title": f"발명 {n}"} for n in range(31)]}

    answer = client.post("/api/v1/my/listings/", body, content_type="application/json")

    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["rights.non_field_errors"])


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *args):
        raise AssertionError("somebody read it")


@pytest.mark.parametrize(
    ("path", "kind"), [("/accounts/login/", "text/html"), ("/api/v1/ingestion-runs/", "application/json")]
)
def test_a_body_larger_than_any_upload_is_refused_unread(settings, path, kind):
    """Also of strangers: to find the CSRF token, Django would store every file of the form first."""
    strict = Client(enforce_csrf_checks=True)
    strict.get("/accounts/login/")
    boundary = {"CONTENT_TYPE": "multipart/form-data; boundary=x"}

    answer = strict.request(
        REQUEST_METHOD="POST",
        PATH_INFO=path,
        CONTENT_LENGTH=str(settings.UPLOAD_MAX_BYTES + (2 << 20)),
        **{"wsgi.input": Unread(), **boundary},
    )

    assert answer.status_code == 413
    assert answer["Content-Type"].startswith(kind)
