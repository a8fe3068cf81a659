"""Who may do what in the review, for pages and API alike. Seeing is `visible_to`; services ask again, under locks."""

import rules

from accounts.models import User
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.errors import NotAllowed
from programmes.models import Agreement, Application, Call, Objection, Panelist, Selection
from programmes.queries.ties import tie_with
from programmes.services.review.approve import require_may_decide
from programmes.services.review.objections import require_may_answer


@rules.predicate
def reviews(user: User) -> bool:
    """An officer of an office that has calls; not everybody who may see that office."""
    return bool(organizations_with(user, Permission.REVIEW_APPLICATIONS))


@rules.predicate
def reviews_call(user: User, call: Call) -> bool:
    return has_permission(user, Permission.REVIEW_APPLICATIONS, call.office)


@rules.predicate
def checks(user: User, application: Application) -> bool:
    """An officer of the call's office without a tie to the applicant."""
    may = has_permission(user, Permission.REVIEW_APPLICATIONS, application.call.office)
    return may and not tie_with(user, application.organization)


@rules.predicate
def decides(user: User, selection: Selection) -> bool:
    try:
        require_may_decide(selection, user)
    except NotAllowed:
        return False
    return True


@rules.predicate
def publishes(user: User, selection: Selection) -> bool:
    return has_permission(user, Permission.RUN_CALLS, selection.call.office)


@rules.predicate
def answers(user: User, objection: Objection) -> bool:
    try:
        require_may_answer(objection, user)
    except NotAllowed:
        return False
    return True


@rules.predicate
def was_asked(user: User, panelist: Panelist) -> bool:
    return panelist.user_id == user.pk


@rules.predicate
def speaks_for_firm(user: User, application: Application) -> bool:
    """A manager of the firm; of a rehearsal nobody (docs/adr/0051)."""
    is_real = not application.call.is_rehearsal
    return is_real and has_permission(user, Permission.SIGN_AGREEMENTS, application.organization)


@rules.predicate
def signs(user: User, agreement: Agreement) -> bool:
    application = agreement.application
    is_real = not application.call.is_rehearsal
    return is_real and has_permission(user, Permission.SIGN_AGREEMENTS, application.organization)


rules.add_perm("programmes.review", reviews)
rules.add_perm("programmes.review_call", reviews_call)
rules.add_perm("programmes.check_application", checks)
rules.add_perm("programmes.decide_selection", decides)
rules.add_perm("programmes.publish_selection", publishes)
rules.add_perm("programmes.answer_objection", answers)
rules.add_perm("programmes.sit_on_panel", was_asked)
rules.add_perm("programmes.object", speaks_for_firm)
rules.add_perm("programmes.sign_agreement", signs)
