"""What the selected sign: offered with a day, signed by a manager of the firm, lapsed by the night."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, require_known
from marketplace.core.days import last_day
from marketplace.core.errors import ChangedMeanwhile, NotPossibleNow
from programmes.enums.applications import APPLICATION_STATES, ApplicationState
from programmes.enums.review import AGREEMENT_STATES, AgreementState, StepKind
from programmes.events import agreement_signed, selection_undone
from programmes.models import Agreement, Application
from programmes.notices import review as notices
from programmes.outbox import take_up_after_commit
from programmes.queries.sections import own_share
from programmes.scheme import Scheme
from programmes.services.applications.acting import require_real
from programmes.services.review.acting import lock_firms, locked_application, locked_call, write_step
from programmes.services.review.standing import refuse_standing

S = ApplicationState


def offer_locked(application: Application, *, by: User | None, at: datetime) -> Agreement:
    """Offer the agreement to who was selected just now; the caller holds the locks of call and application.

    In a rehearsal it is seen by the office only, and lapses on its day: so reserves are rehearsed too.
    """
    scheme = Scheme.from_json(application.version.content)
    own_bp = own_share(scheme, application.facts.get("average_sales_won"))
    content = content_of(application, scheme) | {"own_bp": own_bp}
    made = Agreement.objects.create(
        application=application, government_won=application.government_won or 0, own_won=application.own_won or 0,
        own_bp=own_bp, content=content, digest=digest_of(content), offered_at=at,
        sign_by=last_day(timezone.localdate(at), days=scheme.days.agreement),
    )  # fmt: skip
    write_step(application, StepKind.OFFERED, by=by, at=at, due_on=made.sign_by.isoformat())
    return made


@transaction.atomic
def sign(*, agreement: Agreement, digest: str, by: User, at: datetime) -> Agreement:
    """A manager of the firm signs the very text whose `digest` was read. Signed again by the same text: as it is.

    Raises `NotAllowed`, `NotPossibleNow` after the day or when it is over, `ChangedMeanwhile` for another text,
    `FirmRefused` for a firm that is excluded or owes money by now.
    Locks: call, firm, application, agreement.
    """
    locked = _locked(agreement)
    application = locked.application
    require_real(application.call)
    require_known(by, Permission.SIGN_AGREEMENTS, application.organization)
    if digest != locked.digest:
        raise ChangedMeanwhile(_("This is not the text that was offered. Read it again."))
    if locked.state == AgreementState.SIGNED:
        return locked
    if locked.state != AgreementState.OFFERED or application.state != S.SELECTED:
        raise NotPossibleNow(_("The agreement is “%(state)s” now.") % {"state": locked.get_state_display()})
    if timezone.localdate(at) > locked.sign_by:
        raise NotPossibleNow(_("The day to sign it by is over."))
    refuse_standing(application.organization, at, applied_at=application.submitted_at)
    AGREEMENT_STATES.move(locked, AgreementState.SIGNED, signed_by=by, signed_at=at)
    APPLICATION_STATES.move(application, S.AGREED, revision=application.revision + 1)
    write_step(application, StepKind.SIGNED, by=by, at=at)
    agreement_signed.send(sender=Agreement, agreement=locked, by=by, at=at)
    notices.signed(locked)
    return locked


@transaction.atomic
def lapse(*, agreement: Agreement, at: datetime) -> bool:
    """What was not signed by its day is over, and its money is free; False where somebody was faster."""
    locked = _locked(agreement)
    application = locked.application
    if locked.state != AgreementState.OFFERED or timezone.localdate(at) <= locked.sign_by:
        return False
    AGREEMENT_STATES.move(locked, AgreementState.LAPSED)
    if application.state == S.SELECTED:
        APPLICATION_STATES.move(application, S.LAPSED, revision=application.revision + 1)
        write_step(application, StepKind.LAPSED, by=None, at=at)
        if not application.call.is_rehearsal:
            selection_undone.send(sender=Application, application=application, at=at)
        notices.lapsed(locked, at)
    return True


@transaction.atomic
def fall_through(*, application: Application, by: User | None = None, text: str = "", at: datetime) -> bool:
    """The agreement is signed, and the own share was never paid in: the money goes to the next. False the second time.
    `by` of the firm where it gave it up before.

    For apps above, whose transaction it is: they lock what is theirs after this. Locks: call, application.
    """
    call = locked_call(application.call)
    locked = locked_application(application)
    locked.call = call
    if locked.state != S.AGREED:
        return False
    APPLICATION_STATES.move(locked, S.LAPSED, revision=locked.revision + 1)
    write_step(locked, StepKind.UNPAID if by is None else StepKind.WITHDRAWN, by=by, at=at, text=text)
    take_up_after_commit(call.pk)
    return True


def withdraw_offer(application: Application) -> None:
    """The firm withdrew after it was selected: nobody signs any more. The caller holds the application's lock."""
    offered = Agreement.objects.select_for_update(of=["self"]).filter(
        application=application, state=AgreementState.OFFERED
    )
    for agreement in offered:
        AGREEMENT_STATES.move(agreement, AgreementState.WITHDRAWN)


def content_of(application: Application, scheme: Scheme) -> dict[str, Any]:
    """What is agreed on, as data that the page shows and the hash is of. Sums in won, days as YYYY-MM-DD."""
    call, firm = application.call, application.organization
    days = scheme.days
    return {
        "format": 1,
        "call": {"number": call.number, "title_ko": call.title_ko, "title_en": call.title_en, "version": _serial(
            application
        )},
        "office": call.office.name,
        "application": application.number,
        "firm": {"name": firm.name, "business_number": firm.business_number},
        "government_won": application.government_won,
        "own_won": application.own_won or 0,
        "services": application.plan.get("services", []),
        "transfer": _transfer(application),
        "days": {"deposit": days.deposit, "valid_months": days.valid_months, "acceptance": days.acceptance},
        "unused_bp": scheme.unused_bp,
        "barred_years": scheme.barred_years,
    }  # fmt: skip


def digest_of(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def due(today: date) -> list[Agreement]:
    """Agreements that were not signed by their day, the oldest first."""
    rows = Agreement.objects.filter(state=AgreementState.OFFERED, sign_by__lt=today)
    return list(rows.select_related("application__call").order_by("sign_by", "pk"))


def _serial(application: Application) -> int:
    return application.version.serial


def _transfer(application: Application) -> dict[str, str] | None:
    found = application.transfer
    return None if found is None else {"reference": found.reference, "title": found.title}


def _locked(agreement: Agreement) -> Agreement:
    application = Application.objects.select_related("call").get(pk=agreement.application_id)
    call = locked_call(application.call)
    lock_firms(Application.objects.filter(pk=application.pk))
    locked_row = Application.objects.select_for_update(of=["self"], no_key=True).select_related("organization")
    application = locked_row.get(pk=application.pk)
    application.call = call
    found = Agreement.objects.select_for_update(of=["self"]).get(pk=agreement.pk)
    found.application = application
    return found
