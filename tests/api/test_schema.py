"""The description of the API is valid, is the one in docs/openapi.yml, and the API keeps to it whatever is sent."""

import contextlib
import io
import os
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
import yaml
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
from tests.factories.brokers.register import agency
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.open_data import key_of, partner
from tests.factories.tech_listings import ListingFactory

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yml"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def written():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def test_the_description_is_valid_and_the_committed_one():
    """After a change: `manage.py spectacular --lang en --file docs/openapi.yml`, and read the difference."""
    assert written() == SCHEMA.read_text(encoding="utf-8")


def role_of_institute():
    """Its office has data of its own."""
    member = MembershipFactory(institute=True, role=Role.MANAGER)
    TransferRequestFactory(listing=ListingFactory(holder=member.organization))
    ListingFactory(holder=member.organization, draft=True)
    return member.user


def test_it_names_the_refusals_of_every_operation_and_says_what_days_and_money_are():
    described = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    told = described["info"]["description"]
    assert [word for word in ("Korea", "zone", "`_won`", "`_bp`") if word not in told] == []
    wrong = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            busy = {"503"} if method == "get" else {"413", "503"}
            wrong += [f"{method} {path}: {code}" for code in busy - set(operation["responses"])]
    assert wrong == []


# Whose token is sent, or what is sent instead. Institutes write most, so more is tried with theirs.
PEOPLE = {
    "institute": role_of_institute,
    "firm": lambda: MembershipFactory(company=True, role=Role.MANAGER).user,
    "broker": lambda: agency().organization.memberships.order_by("pk")[0].user,
    "officer": lambda: MembershipFactory(government=True, role=Role.MANAGER, user__second_factor=True).user,
}
ROLES = (*PEOPLE, "key", "anonymous")
EXAMPLES = {role: int(os.environ.get("FUZZ_EXAMPLES", 5 if role == "institute" else 1)) for role in ROLES}


@pytest.fixture(scope="module")
def headers(rows_of_the_module):
    """What each role sends along."""
    sent = {"anonymous": {}, "key": {"Authorization": f"Token {key_of(partner())[1]}"}}
    for role, make in PEOPLE.items():
        text = f"ieum_fuzz_{role}"
        ApiTokenFactory(user=make(), digest=digest_of(text), second_factor=True)
        sent[role] = {"Authorization": f"Token {text}"}
    return sent


@contextlib.contextmanager
def without_closing():
    """The connection stays the test's own: WSGI would close it after an answer."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api(headers):
    with without_closing():
        yield headers


DESCRIBED = schemathesis.openapi.from_path(str(SCHEMA))
DESCRIBED.app = application
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]


def test_every_operation_is_tried():
    described = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["paths"]
    labels = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert sorted(labels) == sorted(operation.label for operation in OPERATIONS)


def tries(operation, role, headers, answered):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES[role],
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        response = case.call(headers=headers)
        answered[role] += 1
        case.validate_response(response, checks=CHECKS)

    return send


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nothing_sent_to_the_api_breaks_it_whoever_sends_it(operation, api):
    """`FUZZ_EXAMPLES=50` tries so many of each operation with each role."""
    answered = Counter()
    for role in ROLES:
        tries(operation, role, api[role], answered)()
    assert set(answered) == set(ROLES)
