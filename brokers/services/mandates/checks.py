"""What offering and accepting a mandate both ask, inside their locks."""

from collections.abc import Iterable, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organization
from brokers.models import Mandate, MandateListing
from brokers.queries.mandates import in_the_way, is_open_to_work
from brokers.services.cases.closed_to_work import lock_registrations
from marketplace.core.errors import NotPossibleNow
from tech_listings.models import Listing


def locked_client(pk: int) -> Organization:
    """The client's row under its lock: it comes before its mandates, and every offer and answer passes it."""
    return Organization.objects.select_for_update(of=["self"], no_key=True).get(pk=pk)


def locked_mandate(mandate: Mandate) -> Mandate:
    """Its client's row first, then its own, as in every service of mandates."""
    locked_client(mandate.client_id)
    return Mandate.objects.for_page().select_for_update(of=["self"]).get(pk=mandate.pk)


def require_open_to_work(brokers: Iterable[Organization]) -> None:
    """Raise `NotPossibleNow` naming the first that is not registered, or suspended.

    Locks their registrations first: whoever suspends one of them at this moment waits, or is found to have done so.
    """
    brokers = list(brokers)
    lock_registrations(brokers)
    for broker in brokers:
        if not is_open_to_work(broker):
            raise NotPossibleNow(
                _("“%(name)s” takes no new mandates: it is not in the register, or suspended.")
                % {"name": broker.display_name}
            )


def refuse_beside_exclusive(mandate: Mandate, *, listings: Sequence[Listing] = (), tell_whose: bool) -> None:
    """Raise `NotPossibleNow` where an agreed mandate of the client excludes this one.

    Only the client reads which one: a broker is not told with whom its client works.
    """
    found = in_the_way(
        client=mandate.client, broker=mandate.broker, is_exclusive=mandate.is_exclusive, first=mandate.starts_on,
        last=mandate.ends_on, listings=listings, need=mandate.need,
    ).select_related("broker").first()  # fmt: skip
    if found is None:
        return
    if not tell_whose:
        raise NotPossibleNow(_("Another mandate of the client stands in the way: one of the two would be exclusive."))
    given = {
        "number": found.number,
        "broker": found.broker.display_name,
        "day": date_format(found.last_day, "SHORT_DATE_FORMAT"),
    }
    raise NotPossibleNow(
        _("Mandate %(number)s of “%(broker)s” for the same holds until %(day)s, and one of the two is exclusive. "
          "End it first, or begin after it.") % given
    )  # fmt: skip


def listings_of(mandate: Mandate) -> list[Listing]:
    subjects = MandateListing.objects.filter(mandate=mandate).select_related("listing")
    return [subject.listing for subject in subjects.order_by("pk")]
