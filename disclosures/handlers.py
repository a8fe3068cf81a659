"""What lower apps say, and what it means for what is confidential."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.events import personal_data_requested
from accounts.models import User
from disclosures.enums import OpeningKind
from disclosures.models import Disclosure, Opening
from disclosures.services.open import open_own_text
from tech_listings.events import confidential_text_shown
from tech_listings.models import Listing


@receiver(confidential_text_shown, dispatch_uid="disclosures.text_shown")
def write_down(sender: Any, listing: Listing, by: User, at: datetime, by_program: bool, **kwargs: Any) -> None:
    """The holder's own ways to the text, in the form and by a program, are openings like any other."""
    open_own_text(listing=listing, kind=OpeningKind.API if by_program else OpeningKind.EDIT, by=by, at=at)


@receiver(personal_data_requested, dispatch_uid="disclosures.personal_data")
def what_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    opened = Opening.objects.filter(by=user).order_by("at", "pk")
    return "confidential_openings", list(opened.values("at", "kind", "listing__number", "request__number"))


@receiver(personal_data_requested, dispatch_uid="disclosures.acceptances")
def what_was_accepted(sender: Any, user: User, **kwargs: Any) -> tuple[str, list[Any]]:
    accepted = Disclosure.objects.filter(accepted_by=user).order_by("accepted_at", "pk")
    return "confidentiality_terms_accepted", list(accepted.values("accepted_at", "request__number", "accepted_hash"))
