"""Institutes and agencies answer a need: this technology may fit, or we have none."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.errors import Conflict, DomainError, NotAllowed
from marketplace.core.text import tidy
from matching import notices
from matching.enums import AnswerKind
from matching.models import Need, NeedAnswer
from matching.services.close import refuse_if_closed
from tech_listings.models import Listing


class NotOffered(Conflict):
    """The technology is not public (any more)."""

    code = "not_offered"


class AnsweredAlready(Conflict):
    code = "answered_already"


@transaction.atomic
def answer(
    *,
    need: Need,
    organization: Organization,
    kind: str,
    listing: Listing | None = None,
    text: str = "",
    by: User,
    at: datetime,
) -> NeedAnswer:
    """Answer for `organization` with a published technology, or say that there is none; the owner is told.

    Institutes answer with what they hold, agencies with any. The same answer again gives the first one. Locks the need
    before it looks, so that nothing is added to what was closed. Raises `NotAllowed`, `NeedClosed`, `NotOffered`,
    `AnsweredAlready`, and `DomainError` naming the field.
    """
    if not has_permission(by, Permission.ANSWER_NEEDS, organization):
        raise NotAllowed(_("Only members of an institute or agency who may answer needs can do this."))
    locked = Need.objects.select_for_update(of=["self"], no_key=True).select_related("organization").get(pk=need.pk)
    if locked.organization_id == organization.pk:
        raise NotAllowed(_("Your own organization posted this need."))
    refuse_if_closed(locked)
    text = tidy(text)
    longest = NeedAnswer._meta.get_field("text").max_length or 0
    if len(text) > longest:
        raise DomainError(_("At most %(most)d characters.") % {"most": longest}, field="text")
    if kind not in AnswerKind.values:
        raise DomainError(_("Choose an answer."), field="kind")
    named = _named(listing, organization) if kind == AnswerKind.LISTING else None
    if earlier := _earlier(locked, organization, named):
        return earlier
    made = NeedAnswer.objects.create(
        need=locked,
        organization=organization,
        kind=kind,
        listing=named,
        text=text,
        answered_at=at,
        answered_by=by,
    )
    notices.answered(made)
    return made


def _named(listing: Listing | None, organization: Organization) -> Listing:
    if listing is None:
        raise DomainError(_("Choose the technology."), field="listing")
    # Held until the answer is written: what is withdrawn at the same moment is not offered.
    locked = Listing.objects.select_for_update(of=["self"], no_key=True).get(pk=listing.pk)
    if organization.kind == OrganizationKind.INSTITUTE and locked.holder_id != organization.pk:
        raise DomainError(_("Institutes answer with technologies they hold."), field="listing")
    if not locked.is_public:
        raise NotOffered(_("This technology is not published. Publish it first, or choose another."), field="listing")
    return locked


def _earlier(need: Need, organization: Organization, listing: Listing | None) -> NeedAnswer | None:
    """The same answer given before. Raises `AnsweredAlready` where it would say something else."""
    answers = need.answers.select_related("organization", "listing")
    if listing is not None:
        same = answers.filter(listing=listing).first()
        if same and same.organization_id != organization.pk:
            raise AnsweredAlready(_("Another organization has already answered with this technology."), field="listing")
        return same
    if answers.filter(organization=organization, kind=AnswerKind.LISTING).exists():
        raise AnsweredAlready(_("Your organization has answered with a technology, so it has something."), field="kind")
    return answers.filter(organization=organization, kind=AnswerKind.NO_SUPPLY).first()
