"""A company names a result of national R&D of its own, to say what it sells with it. Nobody else sees it."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import DomainError, NotPossibleNow
from marketplace.core.text import tidy
from royalties.services.income.checks import require_keeper
from royalties.services.share.plan import is_company
from tech_listings.models import Listing
from tech_listings.services.edit import create_draft

MOST_CHARACTERS = 500


class Entered(NamedTuple):
    listing: Listing
    is_new: bool


@transaction.atomic
def enter_result(*, holder: Organization, title: str, by: User, at: datetime) -> Entered:
    """A draft of the company, which is offered to nobody. The same title once more is the one that is there.

    Raises `NotAllowed`, `NotPossibleNow` for an institute, `DomainError` for no title.
    """
    require_keeper(by, holder)
    if not is_company(holder):
        raise NotPossibleNow(_("Only companies pay the government. An institute shares royalty with its people."))
    said = tidy(title)
    if not said or len(said) > MOST_CHARACTERS:
        raise DomainError(_("Give the result a name of at most %(most)d characters.") % {"most": MOST_CHARACTERS},
                          field="title")  # fmt: skip
    # The company's row is the gate, as in `create_draft`: a double click waits here and finds the first one's.
    Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=holder.pk)
    there = Listing.objects.filter(holder=holder, title_ko=said).order_by("pk").first()
    if there is not None:
        return Entered(there, False)
    return Entered(create_draft(holder=holder, content={"title_ko": said}, rights=[], by=by, at=at), True)
