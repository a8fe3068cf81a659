"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from vouchers.enums.orders import OrderState, QuotationState
from vouchers.enums.vouchers import ACTIVE
from vouchers.models import BankLine, Order, ProviderChoice, Quotation, Recovery, Sanction, Voucher


@receiver(organizations_merging, dispatch_uid="vouchers.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Vouchers, debts and sanctions follow the firm; a provider ends its work first, which it took on by name."""
    said = Answers(gone)
    said.stops(
        Voucher,
        "holder",
        what=_("vouchers of a call from which the other one has one too"),
        state__in=ACTIVE,
        line__vouchers__holder=into,
        line__vouchers__state__in=ACTIVE,
    )
    said.moved(Voucher, "holder", what=_("vouchers"))
    said.stops(Order, "provider", what=_("orders in work"), state__in=[OrderState.PLACED, OrderState.RUNNING])
    said.kept(Order, "provider", what=_("orders"))
    said.stops(
        Quotation,
        "provider",
        what=_("open quotations"),
        state__in=[QuotationState.ASKED, QuotationState.GIVEN],
    )
    said.kept(Quotation, "provider", what=_("quotations"))
    said.kept(ProviderChoice, "chosen", what=_("choices of a provider"))
    said.moved(Recovery, "debtor", what=_("recoveries"))
    said.moved(Sanction, "organization", what=_("sanctions"))
    said.kept(Sanction, "office", what=_("sanctions by the office"))
    said.kept(BankLine, "office", what=_("payments that came in at the office"))
    return said.parts
