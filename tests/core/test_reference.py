"""The page that describes the API says what the OpenAPI description says."""

import json
from functools import cache, partial

import pytest
import yaml
from django.urls import reverse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

from marketplace.core.reference import describe
from marketplace.core.reference_words import NOUNS, REFUSALS

TYPES = {"json": "application/vnd.oai.openapi+json", "yaml": "application/vnd.oai.openapi; charset=utf-8"}
READ = {"json": json.loads, "yaml": partial(yaml.load, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))}
DOCUMENT = {
    "paths": {
        "/api/v1/things/": {
            "get": {
                "operationId": "things_list",
                "description": "All things.\nNewest first.",
                "security": [{"token": []}, {}],
                "parameters": [
                    {
                        "name": "kind",
                        "in": "query",
                        "description": "What it is\n\n* `a` - Alpha",
                        "schema": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                    }
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}},
                    "400": {},
                },
            },
            "post": {
                "operationId": "things_create",
                "security": [{"token": []}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"201": {"description": "Made"}},
            },
        },
        "/api/v1/my/things/{id}/": {"get": {"operationId": "mine", "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["title"],
                "properties": {
                    "title": {"type": "string", "description": "Its name"},
                    "price_won": {"type": "integer", "format": "int64"},
                },
            },
            "Page": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer"},
                    "results": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
            },
        }
    },
}


def test_operations_are_grouped_by_noun():
    groups = describe(DOCUMENT)

    assert [(group.noun, [o.method for o in group.operations]) for group in groups] == [
        ("things", ["GET", "POST"]),
        ("my/things", ["GET"]),
    ]


def test_parameter_has_its_choices_once():
    (kind,) = describe(DOCUMENT)[0].operations[0].parameters

    assert (kind.name, kind.type, kind.description, kind.choices) == ("kind", "[string]", "What it is", ["a", "b"])


def test_rows_of_a_page_are_described():
    operation = describe(DOCUMENT)[0].operations[0]

    assert [f.name for f in operation.answers[0].fields] == [
        "count",
        "results",
        "results[].title",
        "results[].price_won",
    ]
    assert operation.refusals == ["400"]
    assert operation.summary == "All things."


def test_body_says_what_is_required_and_who_needs_a_token():
    things = describe(DOCUMENT)[0].operations

    assert [(f.name, f.type, f.is_required) for f in things[1].body] == [
        ("title", "string", True),
        ("price_won", "int64", False),
    ]
    assert [o.needs_token for o in things] == [False, True]


@cache
def described(language):
    with translation.override(language):
        return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize("language", ["ko", "en", "zh-hans"])
def test_page_shows_every_address_of_the_api(client, language):
    client.post(reverse("set_language"), {"language": language})

    page = client.get(reverse("api-docs")).content.decode()

    for path in described("en")["paths"]:
        assert f">{path}<" in page


@pytest.mark.parametrize("language", ["ko", "en", "zh-hans", "nonsense"])
def test_programs_get_the_description_in_the_language_they_ask_for(client, language):
    told = json.loads(json.dumps(described({"nonsense": "en"}.get(language, language)), default=str))

    for form, read in READ.items():
        for _ in range(2):  # written once, then remembered
            answer = client.get(
                reverse("schema"), {"lang": language}, headers={"Accept": TYPES[form].partition(";")[0]}
            )
            assert read(answer.content) == told
            assert answer["Content-Type"] == TYPES[form]
            assert answer["Content-Disposition"] == f'inline; filename="Ieum API.{form}"'


def test_every_noun_has_a_title_and_the_page_tells_how_to_begin(client):
    page = client.get(reverse("api-docs"))
    groups = page.context["groups"]
    assert {group.noun for group in groups} == set(NOUNS)
    assert {str(status) for status, _meaning, _remedy in REFUSALS} >= {
        refusal for group in groups for operation in group.operations for refusal in operation.refusals
    } - {"405", "415", "416"}
    for part in ("start", "keys", "refusals"):
        assert f'id="{part}"' in page.text
    assert "ieumkey_" in page.text


@pytest.mark.parametrize(("language", "title"), [("ko", "내 기술"), ("zh-hans", "我的技术")])
def test_titles_are_in_the_readers_language_and_what_is_english_says_so(client, language, title):
    page = client.get(reverse("api-docs"), {"lang": language}).text
    assert f"<span>{title}</span><code>my/listings</code>" in page
    assert '<span class="operation-summary" lang="en">' in page
