"""Confidential parts of the demo, `disclosures.json`: files, and what was opened to which request."""

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from reportlab.pdfgen.canvas import Canvas

from accounts.models import User
from accounts.roles import Permission, users_with_permission
from deals.models import TransferRequest
from disclosures.models import Terms
from disclosures.services.accept import accept
from disclosures.services.files import add_file
from disclosures.services.load_terms import load_terms, read_product
from disclosures.services.offer import offer, usual_end
from disclosures.services.open import open_text
from marketplace.core.fonts import drawing_font
from tech_listings.demo import public_id_of
from tech_listings.models import Listing

A4 = (595, 842)


@cache
def disclosure_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "disclosures.json").read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load(*, at: datetime) -> int:
    """Send the files, offer and accept what is not there yet. Returns how many requests something was opened to."""
    load_terms(rows=read_product(), at=at)
    new = 0
    for row in disclosure_rows():
        request = TransferRequest.objects.filter(idempotency_key=public_id_of(f"request/{row['request']}")).first()
        if request is None or request.disclosures.exists():
            continue
        listing = Listing.objects.select_related("holder").get(pk=request.listing_id)
        office = users_with_permission(listing.holder, Permission.EDIT_LISTINGS).order_by("pk").first()
        assert office is not None, f"nobody keeps files for {listing.holder}"
        moment = at - timedelta(days=row["days_ago"])
        file = row["file"]
        add_file(listing=listing, file=_document(file), name=file["name"], by=office, at=moment)
        _open(request, row, office, moment)
        new += 1
    return new


def _open(request: TransferRequest, row: Mapping[str, Any], office: User, at: datetime) -> None:
    terms = Terms.objects.filter(listing=None).latest("version")
    offer(request=request, terms=terms, ends_on=usual_end(timezone.localdate(at)), by=office, at=at)
    if not row["accepted"]:
        return
    manager = users_with_permission(request.requester, Permission.ACCEPT_NDA).order_by("pk").first()
    assert manager is not None, f"nobody may accept for {request.requester}"
    accept(request=request, text_hash=terms.text_hash, by=manager, at=at + timedelta(hours=3))
    open_text(request=request, by=manager, at=at + timedelta(hours=4))


def _document(file: Mapping[str, Any]) -> io.BytesIO:
    """A page with the lines of the file, the same bytes each time."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=A4, invariant=1)
    canvas.setFont(drawing_font(), 16)
    canvas.drawString(60, 770, file["title"])
    canvas.setFont(drawing_font(), 11)
    for place, line in enumerate(file["lines"]):
        canvas.drawString(60, 730 - 22 * place, line)
    canvas.save()
    made.seek(0)
    return made
