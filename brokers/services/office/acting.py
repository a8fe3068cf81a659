"""What every act of an officer on an application begins with."""

from django.utils.translation import gettext as _

from accounts.models import User
from brokers.models import Application
from brokers.queries.office import is_party
from brokers.querysets.registration import governs_brokers
from marketplace.core.errors import NotAllowed, NotPossibleNow


def require_governor(by: User) -> None:
    """Raise `NotAllowed` unless `by` is an officer who registers brokers."""
    if not governs_brokers(by):
        raise NotAllowed(_("Only officers who register brokers can do this."))


def require_officer_apart(by: User, application: Application) -> None:
    """Raise `NotAllowed` unless `by` is an officer who has nothing to do with the applicant."""
    require_governor(by)
    if is_party(by, application):
        raise NotAllowed(_("You belong to the applicant: another officer has to do this."))


def require_not_checker(by: User, application: Application) -> None:
    """Raise `NotAllowed` where `by` checked the documents: four eyes look at each application."""
    if application.steps.checks().filter(by=by).exists():
        raise NotAllowed(_("You checked the documents of this application: another officer has to decide."))


def require_state(application: Application, *states: str) -> None:
    """Raise `NotPossibleNow` with who did what last, unless the application is in one of `states`."""
    if application.state in states:
        return
    last = application.steps.select_related("by").order_by("-at", "-pk").first()
    now = {"now": application.get_state_display()}
    if last is not None and last.by is not None:
        words = _("This is “%(now)s” now. The last step was “%(step)s”, by %(name)s. Reload the page.")
        raise NotPossibleNow(words % (now | {"step": last.get_kind_display(), "name": str(last.by)}))
    raise NotPossibleNow(_("This is “%(now)s” now. Reload the page to see what is possible.") % now)
