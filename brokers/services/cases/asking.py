"""Who may act in a case, and the case under lock: asked first in every service of this part."""

from django.utils.translation import gettext as _

from accounts.models import User
from brokers.enums.registration import RegistrationKind, RegistrationState
from brokers.models import BrokerWarning, CancellationCase, Hearing, Registration
from brokers.querysets.registration import governs_brokers
from brokers.services.asking import belongs_to, locked_registration
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow


def locked_case(case: CancellationCase) -> CancellationCase:
    """Locks registration, then case."""
    registration = locked_registration(case.registration_id)
    rows = CancellationCase.objects.select_for_update(of=["self"]).select_related("opened_by", "decided_by")
    locked = rows.get(pk=case.pk)
    locked.registration = registration
    return locked


def locked_hearing(case: CancellationCase) -> Hearing:
    """Locks the hearing ahead of a locked case. Raises `NotPossibleNow` where there is none."""
    rows = Hearing.objects.ahead().select_for_update(of=["self"]).select_related("chair")
    found = rows.filter(case=case).first()
    if found is None:
        raise NotPossibleNow(_("No hearing is ahead in this case: it is “%(state)s” now.") % _state_of(case))
    return found


def require_officer_apart(by: User, registration: Registration) -> None:
    """Raise `NotAllowed` unless `by` governs brokers and has nothing to do with this one."""
    if not governs_brokers(by):
        raise NotAllowed(_("Only officers who register brokers can do this."))
    if belongs_to(by, registration):
        raise NotAllowed(_("You belong to this broker: another officer has to do this."))


def require_revision(case: CancellationCase, revision: int | None) -> None:
    """Raise `ChangedMeanwhile` where something was sent or fixed after the person looked."""
    if revision is not None and revision != case.revision:
        raise ChangedMeanwhile(_("Something was sent or changed in this case after you opened it. Read it first."))


def refuse_unless(case: CancellationCase, *states: str) -> None:
    """Raise `NotPossibleNow` saying what happened meanwhile, for whoever came second."""
    if case.state in states:
        return
    if case.decided_at:
        raise NotPossibleNow(
            _("%(name)s decided this before you: %(outcome)s.")
            % {"name": case.decided_by, "outcome": case.get_decision_display()}
        )
    raise NotPossibleNow(_("This case is “%(state)s” now: that is not possible any more.") % _state_of(case))


def standing_without_hearing(registration: Registration) -> RegistrationState:
    """Where a locked registration that was not cancelled stands when no hearing is ahead: warnings outlive both."""
    if registration.suspended_until:
        return RegistrationState.SUSPENDED
    if BrokerWarning.objects.open().filter(registration=registration).exists():
        return RegistrationState.WARNED
    return RegistrationState.REGISTERED


def touch(case: CancellationCase) -> None:
    """Something was added to the locked case, so who looked before it has to look again."""
    case.revision += 1
    case.save(update_fields=["revision", "updated_at"])


def is_agency(registration: Registration) -> bool:
    return registration.kind == RegistrationKind.AGENCY


def _state_of(case: CancellationCase) -> dict[str, object]:
    return {"state": case.get_state_display()}
