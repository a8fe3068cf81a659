"""Bodies: unknown fields are named, wherever they stand, with whatever else is wrong."""

import datetime

import pytest
from django.http import QueryDict
from rest_framework import serializers

from marketplace.core.serializers import DayField, StrictSerializer


class Part(StrictSerializer):
    name = serializers.CharField()


class Whole(StrictSerializer):
    count = serializers.IntegerField()
    parts = Part(many=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    day = DayField(required=False)
    made = serializers.CharField(read_only=True)


def refused(data):
    sent = Whole(data=data)
    assert not sent.is_valid()
    return sent.errors


def test_what_is_known_is_taken():
    sent = Whole(data={"count": 1, "parts": [{"name": "a"}], "tags": ["b"], "day": "2026-06-15"})
    assert sent.is_valid(), sent.errors


def test_an_unknown_field_is_named_with_the_known_ones():
    found = refused({"count": 1, "cuont": 2})["cuont"][0]
    assert (found.code, str(found)) == ("unknown", "There is no such field. Known are: count, parts, tags, day.")


def test_where_nothing_is_taken_it_says_so():
    class Nothing(StrictSerializer):
        made = serializers.CharField(read_only=True)

    sent = Nothing(data={"x": 1})
    assert not sent.is_valid()
    assert str(sent.errors["x"][0]) == "There is no such field: nothing is to be sent here."


def test_what_is_only_given_out_is_not_taken_in():
    assert set(refused({"count": 1, "made": "x"})) == {"made"}


def test_all_that_is_wrong_is_said_at_once():
    assert set(refused({"count": "many", "a": 1, "b": 2})) == {"count", "a", "b"}


def test_an_unknown_field_of_a_part():
    assert set(refused({"count": 1, "parts": [{"name": "a", "email": "b"}]})["parts"][0]) == {"email"}


def test_the_parts_of_a_form():
    assert Whole(data=QueryDict("count=1&tags[0]=a&parts[0]name=b")).is_valid()
    assert set(refused(QueryDict("count=1&tag=a"))) == {"tag"}


@pytest.mark.parametrize("day", ["0001-01-01", "1949-12-31", "2100-01-01", "9999-12-31"])
def test_a_day_with_a_slip_in_its_year_is_refused(day):
    assert set(refused({"count": 1, "day": day})) == {"day"}


@pytest.mark.parametrize("day", ["1950-01-01", "2099-12-31"])
def test_days_that_can_be_meant(day):
    sent = Whole(data={"count": 1, "day": day})
    assert sent.is_valid()
    assert sent.validated_data["day"] == datetime.date.fromisoformat(day)
