"""The page that describes the API, drawn from the same OpenAPI description that programs read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language, get_supported_language_variant
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from marketplace.core.reference_words import NOUNS, REFUSALS

METHODS = ("get", "post", "put", "patch", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body. `choices`: the values it takes, if they are few."""

    name: str
    type: str
    is_required: bool
    description: str
    choices: list[str]


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    fields: list[Field]


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    path: str
    description: str
    needs_token: bool
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]
    refusals: list[str]

    @property
    def summary(self) -> str:
        return self.description.split("\n")[0]


@dataclass
class Group:
    """The operations on one noun: `listings`, `my/listings`, `requests`…"""

    noun: str
    title: str = ""
    operations: list[Operation] = field(default_factory=list)


@login_not_required
@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    context = {
        "groups": _groups(_language()),
        "origin": request.build_absolute_uri("/").rstrip("/"),
        "refusals": REFUSALS,
        "is_in_english": _language() == "en",
        "key_rate": settings.KEY_RATE.partition("/")[0],
    }
    return render(request, "api_reference.html", context)


class ApiDescription(SpectacularAPIView):
    """The OpenAPI description for programs. `?lang=` chooses its language."""

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        charset = f"; charset={renderer.charset}" if renderer.charset else ""  # JSON has none
        response = HttpResponse(_written(_language(), renderer.format), content_type=renderer.media_type + charset)
        response["Content-Disposition"] = f'inline; filename="{self._get_filename(request, None)}"'
        return response


def _language() -> str:
    """The active language, or the first of ours where somebody asks for one that we have not."""
    try:
        return get_supported_language_variant(get_language() or settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE


# Each once per process and language: it takes half a second and does not change while the process lives.
@cache
def _document(language: str) -> Schema:
    with translation.override(language):
        document: Schema = SchemaGenerator().get_schema(request=None, public=True)
    return document


@cache
def _written(language: str, form: str) -> bytes:
    renderer = OpenApiYamlRenderer() if form == "yaml" else OpenApiJsonRenderer()
    with translation.override(language):
        written: bytes = renderer.render(_document(language))
    return written


@cache
def _groups(language: str) -> list[Group]:
    with translation.override(language):
        return describe(_document(language))


def describe(document: Schema) -> list[Group]:
    """Groups of operations of an OpenAPI 3 `document`, in its order."""
    groups: dict[str, Group] = {}
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        segments = path.removeprefix("/api/v1/").strip("/").split("/")
        noun = "/".join(segments[:2]) if segments[0] == "my" else segments[0]
        for method in METHODS:
            if method in methods:
                groups.setdefault(noun, Group(noun, str(NOUNS.get(noun, noun)))).operations.append(
                    _operation(method, path, methods[method], schemas)
                )
    return list(groups.values())


def _operation(method: str, path: str, described: Schema, schemas: Schema) -> Operation:
    parameters = [
        Field(
            given["name"],
            _type(given["schema"], schemas),
            bool(given.get("required")),
            _words(given.get("description", "")),
            _choices(given["schema"], schemas),
        )
        for given in described.get("parameters", [])
    ]
    responses = described.get("responses", {})
    return Operation(
        anchor=described["operationId"],
        method=method.upper(),
        path=path,
        description=described.get("description", "").strip(),
        needs_token={} not in described.get("security", [{}]),
        parameters=parameters,
        body=list(_fields(_content(described.get("requestBody", {})), schemas)),
        answers=[
            Answer(status, answer.get("description", ""), list(_fields(_content(answer), schemas)))
            for status, answer in responses.items()
            if status.startswith("2")
        ],
        refusals=[status for status in responses if status >= "4"],
    )


def _content(message: Schema) -> Schema:
    """The schema of the first media type a request or response has."""
    for media in message.get("content", {}).values():
        return media.get("schema", {})  # type: ignore[no-any-return]
    return {}


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return {**_resolved(schema[several][0], schemas), **{k: v for k, v in schema.items() if k != several}}
    return schema


def _fields(schema: Schema, schemas: Schema, within: str = "") -> Iterator[Field]:
    """The fields of an object or of the objects in a list; those of the rows of a page are named `results[].…`."""
    whole = _resolved(schema, schemas)
    whole = _resolved(whole.get("items", whole), schemas)
    required = whole.get("required", [])
    for name, part in whole.get("properties", {}).items():
        words = part.get("description") or _resolved(part, schemas).get("description", "")
        yield Field(within + name, _type(part, schemas), name in required, _words(words), _choices(part, schemas))
        if name == "results":
            yield from _fields(part, schemas, within="results[].")


def _type(schema: Schema, schemas: Schema) -> str:
    whole = _resolved(schema, schemas)
    if whole.get("type") == "array":
        return f"[{_type(whole.get('items', {}), schemas)}]"
    return str(whole.get("format") or whole.get("type") or "object")


def _choices(schema: Schema, schemas: Schema) -> list[str]:
    whole = _resolved(schema, schemas)
    whole = _resolved(whole.get("items", whole), schemas)
    return [str(value) for value in whole.get("enum", []) if value not in ("", None)]


def _words(description: str) -> str:
    """Without the list of choices that the description repeats."""
    return re.split(r"(?:^|\n)\s*\* `", description)[0].strip()
