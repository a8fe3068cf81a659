"""Whoever looks for something says of a match that it does not fit, and why; and may take that back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import DomainError, NotAllowed
from marketplace.core.text import tidy
from matching.enums import WhyNot
from matching.models import Match


@transaction.atomic
def judge(*, match: Match, why_not: str, text: str = "", by: User, at: datetime) -> Match:
    """“Not this, because”. Raises `NotAllowed`, and `DomainError` naming the field."""
    locked = _locked(match, by)
    text = tidy(text)
    if why_not not in WhyNot.values:
        raise DomainError(_("Choose the reason."), field="why_not")
    longest = Match._meta.get_field("why_not_text").max_length or 0
    if len(text) > longest:
        raise DomainError(_("At most %(most)d characters.") % {"most": longest}, field="why_not_text")
    if why_not == WhyNot.OTHER and not text:
        raise DomainError(_("Say the reason in a few words."), field="why_not_text")
    locked.why_not, locked.why_not_text, locked.judged_at, locked.judged_by = why_not, text, at, by
    if locked.alerted_at is None:
        locked.is_news = False  # whoever judges it has seen it: no mail about it, also not once that is taken back
    locked.save(update_fields=["why_not", "why_not_text", "judged_at", "judged_by", "is_news"])
    return locked


@transaction.atomic
def take_back(*, match: Match, by: User) -> Match:
    """It may fit after all. Raises `NotAllowed`."""
    locked = _locked(match, by)
    locked.why_not, locked.why_not_text, locked.judged_at, locked.judged_by = "", "", None, None
    locked.save(update_fields=["why_not", "why_not_text", "judged_at", "judged_by"])
    return locked


def _locked(match: Match, by: User) -> Match:
    rows = Match.objects.select_for_update(of=["self"], no_key=True)
    locked = rows.select_related("need__organization", "saved_search").get(pk=match.pk)
    if locked.need is not None:
        allowed = has_permission(by, Permission.POST_NEEDS, locked.need.organization)
    else:
        allowed = locked.saved_search is not None and locked.saved_search.owner_id == by.pk
    if not allowed:
        raise NotAllowed(_("Only whoever looks for this can say whether it fits."))
    return locked
