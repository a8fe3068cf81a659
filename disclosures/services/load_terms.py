"""Versions of the house's confidentiality terms, from the file that comes with the product."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from disclosures.models import Terms, hash_of
from marketplace.core.errors import DomainError

PRODUCT = Path(__file__).resolve().parents[1] / "data" / "confidentiality_terms.json"


class Published(DomainError):
    """A version that is there would be changed."""

    code = "terms_published"


class Loaded(NamedTuple):
    added: int
    unchanged: int


def read_product() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(PRODUCT.read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load_terms(*, rows: Iterable[Mapping[str, Any]], at: datetime) -> Loaded:
    """Add the versions that are not there. All or none.

    Raises `Published` where a version differs from what is there: what firms have accepted is not rewritten.
    """
    added = unchanged = 0
    for row in rows:
        text_hash = hash_of(text_ko=row["text_ko"], text_en=row["text_en"])
        found, is_new = Terms.objects.get_or_create(
            listing=None,
            version=row["version"],
            defaults={
                "text_ko": row["text_ko"],
                "text_en": row["text_en"],
                "text_hash": text_hash,
                "is_assumption": row["is_assumption"],
                "created_at": at,
            },
        )
        if not is_new and found.text_hash != text_hash:
            raise Published(f"Version {found.version} of the terms is published and never changed: add a new version.")
        added += is_new
        unchanged += not is_new
    return Loaded(added, unchanged)
