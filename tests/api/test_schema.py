"""The description of the API is valid, is the one in docs/openapi.yml, and the API keeps to it whatever is sent."""

import io
from pathlib import Path

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.enums import Role
from accounts.services.tokens import digest_of
from marketplace.wsgi import application
from tests.factories.accounts import ApiTokenFactory, MembershipFactory
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yml"
TEXT = "ieum_fuzz"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def written():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def test_the_description_is_valid_and_the_committed_one():
    """After a change: `manage.py spectacular --lang en --file docs/openapi.yml`, and read the difference."""
    assert written() == SCHEMA.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def office(rows_of_the_module):
    """Data of one office and its token."""
    member = MembershipFactory(institute=True, role=Role.MANAGER)
    ApiTokenFactory(user=member.user, digest=digest_of(TEXT))
    TransferRequestFactory(listing=ListingFactory(holder=member.organization))
    ListingFactory(holder=member.organization, draft=True)


@pytest.fixture
def api(office):
    """The connection stays the test's own: WSGI would close it after an answer."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


DESCRIBED = schemathesis.openapi.from_path(str(SCHEMA))
DESCRIBED.app = application
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nothing_sent_to_the_api_breaks_it(operation):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=5,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        response = case.call(headers={"Authorization": f"Token {TEXT}"})
        case.validate_response(response, checks=CHECKS)

    send()
