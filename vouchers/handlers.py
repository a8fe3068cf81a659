"""What programmes say, and what it means for money. Each runs in the transaction that said it."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from programmes.events import agreement_signed, application_selected, call_published, selection_undone
from programmes.models import Agreement, Application, Call, CallVersion
from vouchers.services.life.budget import follow_call
from vouchers.services.life.found import found
from vouchers.services.life.reserve import release, reserve


@receiver(call_published, dispatch_uid="vouchers.call_published")
def budget_follows(sender: Any, call: Call, version: CallVersion, by: User | None, at: datetime, **kwargs: Any) -> None:
    follow_call(call=call, version=version, by=by, at=at)


@receiver(application_selected, dispatch_uid="vouchers.application_selected")
def reserve_for(sender: Any, application: Application, by: User | None, at: datetime, **kwargs: Any) -> None:
    reserve(application=application, by=by, at=at)


@receiver(selection_undone, dispatch_uid="vouchers.selection_undone")
def release_of(sender: Any, application: Application, at: datetime, by: User | None = None, **kwargs: Any) -> None:
    release(application=application, by=by, at=at)


@receiver(agreement_signed, dispatch_uid="vouchers.agreement_signed")
def voucher_for(sender: Any, agreement: Agreement, by: User | None, at: datetime, **kwargs: Any) -> None:
    found(agreement=agreement, by=by, at=at)
