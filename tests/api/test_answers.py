"""What the API answers about things that are there keeps to the description, for every kind of person and a key."""

import re

import pytest
from django.urls import resolve

from accounts.services.tokens import digest_of
from tests.api.test_schema import CHECKS, OPERATIONS, without_closing
from tests.architecture.access import ADDRESSES
from tests.architecture.test_access_table import address
from tests.architecture.world import World
from tests.factories.accounts import ApiTokenFactory
from tests.factories.open_data import key_of, partner

READS = [operation for operation in OPERATIONS if operation.method.upper() == "GET"]
WHO = ("anonymous", "firm", "manager", "other", "officer", "broker", "key")


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


def headers(world, who):
    if who == "anonymous":
        return {}
    if who == "key":
        return {"Authorization": f"Token {key_of(partner())[1]}"}
    user = world.agency.organization.memberships.order_by("pk")[0].user if who == "broker" else world.people[who]
    ApiTokenFactory(user=user, digest=digest_of("ieum_answers"), second_factor=True)
    return {"Authorization": "Token ieum_answers"}


def asked(world):
    """Each operation that reads, with the names in its address as they stand for something of this world."""
    for name, (spec, _row) in ADDRESSES.items():
        if "-api:" in name:
            path = address(world, name, spec)
            given = {key: str(value) for key, value in resolve(path).kwargs.items()}
            for operation in READS:
                if names_of(operation.path) <= set(given) and operation.path.format(**given) == path:
                    yield operation, given


def names_of(path):
    return set(re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize("who", WHO)
def test_what_is_there_is_answered_as_described(new_world, who):
    world = new_world()
    sent, wrong, answered = headers(world, who), [], {}
    with without_closing():
        for operation, given in asked(world):
            case = operation.Case(path_parameters=given)
            response = case.call(headers=sent)
            answered[operation.label] = response.status_code
            try:
                case.validate_response(response, checks=CHECKS)
            except BaseExceptionGroup as failures:  # what schemathesis found
                wrong += [f"{operation.label}: {response.status_code} {each}" for each in failures.exceptions]
    assert not wrong, "\n".join(wrong)
    assert {operation.label for operation in READS} - set(answered) == set()
    assert sum(status == 200 for status in answered.values()) > 20
