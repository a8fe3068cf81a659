"""The question's half of BM25 as PostgreSQL takes it."""

from django.db import connection

from tech_listings.search.terms import term_id
from tech_listings.search.weights import weights_literal


def test_of_two_terms_with_one_place_the_heavier_stands_for_both_and_the_database_takes_it():
    assert term_id("cpzv") == term_id("haaa")
    literals = [weights_literal({"cpzv": 2.0, "haaa": 0.5}), weights_literal({"haaa": 0.5, "cpzv": 2.0})]
    assert literals == [f"{{{term_id('cpzv')}:2.0000}}/536870912"] * 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::sparsevec::text", [literals[0]])


def test_what_weighs_nothing_is_left_out():
    assert weights_literal({"a": 0.0, "b": 1.5}) == f"{{{term_id('b')}:1.5000}}/536870912"
