"""An exclusive licence or an assignment leaves nothing for others (Decree art. 26(4))."""

from django.utils.translation import gettext as _

from deals.models import Contract
from marketplace.core.errors import Conflict
from tech_listings.models import Listing


class NoRoom(Conflict):
    """A contract in force about the technology leaves no room for this one."""

    code = "no_room_beside_contract"


def require_room(*, listing: Listing, deal_kind: str) -> None:
    """Raise `NoRoom` where a contract in force excludes one of this kind. The caller has locked the listing.

    With whom it was concluded is not said.
    """
    if Contract.objects.in_the_way(listing.pk, deal_kind).exists():
        raise NoRoom(_("A contract in force about this technology leaves no room for this one. It has to end first."))
