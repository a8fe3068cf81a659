"""Whatever takes the body of a request refuses fields that it does not know, and days that cannot be meant."""

import ast
import importlib
from pathlib import Path

import pytest
from rest_framework import serializers

from marketplace.core.serializers import StrictSerializer

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "deals", "disclosures", "matching", "obligations", "royalties", "taxonomy", "tech_listings")
FILES = sorted(path for app in APPS for path in (ROOT / app).glob("api/*.py"))


def is_body(call):
    """`Something(data=request.data)`."""
    return isinstance(call, ast.Call) and any(
        keyword.arg == "data" and ast.unparse(keyword.value) == "request.data" for keyword in call.keywords
    )


def named_like_bodies():
    """Every serializer of the API whose name says that it comes in."""
    for path in FILES:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, found in vars(module).items():
            if isinstance(found, type) and issubclass(found, serializers.BaseSerializer) and name.endswith("In"):
                yield found


def called_with_bodies():
    for path in FILES:
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for call in filter(is_body, ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
            if isinstance(call.func, ast.Name) and (found := getattr(module, call.func.id, None)):
                yield found


BODIES = sorted({*named_like_bodies(), *called_with_bodies()}, key=lambda body: body.__qualname__)


def within(serializer):
    """The serializer and those in it, each with its fields."""
    yield serializer
    for field in serializer.fields.values():
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            yield from within(inner)


def test_bodies_were_found():
    assert len(BODIES) > 40


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_a_body_with_an_unknown_field_is_refused(body):
    for part in within(body()):
        assert isinstance(part, StrictSerializer), f"{type(part).__name__} takes whatever it is sent"
        days = [name for name, field in part.fields.items() if type(field) is serializers.DateField]
        assert days == [], f"{type(part).__name__}: use marketplace.core.serializers.DayField for {days}"
    sent = body(data={"no_such_field": 1})
    assert not sent.is_valid()
    assert sent.errors["no_such_field"][0].code == "unknown"
