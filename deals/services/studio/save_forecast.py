"""Keep what the firm expects to sell, for the next visit; nobody else ever sees it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from deals.models import Forecast, Negotiation
from deals.terms import Forecast as Sales
from deals.terms import check_forecast
from marketplace.core.errors import DomainError, NotAllowed


@transaction.atomic
def save_forecast(*, negotiation: Negotiation, sales: Sales, by: User, at: datetime) -> Forecast:
    """One per negotiation, the last one saved. Raises `NotAllowed`, and `DomainError` naming the field."""
    if not has_permission(by, Permission.NEGOTIATE, negotiation.firm):
        raise NotAllowed(_("Only members of the firm may enter what it expects to sell."))
    if problems := check_forecast(sales, timezone.localdate(at)):
        raise DomainError(problems[0].text, field=problems[0].field)
    stored = sales.to_json()
    row, _is_new = Forecast.objects.update_or_create(
        negotiation=negotiation,
        firm=negotiation.firm,
        defaults={
            "first_sale_on": sales.first_sale_on,
            "discount_bp": sales.discount_bp,
            "sales": {name: stored[name] for name in ("low", "base", "high")},
            "saved_at": at,
            "saved_by": by,
        },
    )
    return row
