"""Technologies that firms took over, as apps above report them."""

from datetime import date

from django.db import transaction

from accounts.models import Organization
from programmes.models import Transfer


@transaction.atomic
def record_transfer(
    *,
    organization: Organization,
    reference: str,
    title: str,
    holder_name: str,
    signed_on: date,
    ended_on: date | None = None,
    listing_number: str = "",
) -> Transfer:
    """The row for this contract, as it stands now; told twice it is one row."""
    said = {
        "title": title[:300],
        "holder_name": holder_name[:200],
        "signed_on": signed_on,
        "ended_on": ended_on,
        "listing_number": listing_number,
    }
    found, _is_new = Transfer.objects.update_or_create(organization=organization, reference=reference, defaults=said)
    return found
