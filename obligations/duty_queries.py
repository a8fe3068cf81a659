"""Reads of duties and exemptions that pages share."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from marketplace.core.waiting import Kind, Number, Waiting
from obligations.models import Discharge, Exemption, Obligation
from obligations.querysets import ExemptionQuerySet, ObligationQuerySet
from tech_listings.enums import RightSummary
from tech_listings.models import Listing


def technologies_to_name(duty: Obligation, limit: int = 50) -> list[Listing]:
    """Published technologies of the institute that owes which do no duty yet, the newest first."""
    doing = Discharge.objects.live().filter(listing=OuterRef("pk"))
    offered = Listing.objects.published().filter(holder=duty.institute_id).exclude(right_summary=RightSummary.LAPSED)
    return list(offered.filter(~Exists(doing)).order_by("-pk")[:limit])


def waiting_exemptions(user: User) -> tuple[ExemptionQuerySet, ExemptionQuerySet]:
    """Those that wait for a decision, the oldest first: what the officer may decide on, and what others must.

    Who asks does not decide, nor does who is a member of the institute.
    """
    waiting = Exemption.objects.visible_to(user).open().for_list().order_by("asked_at", "pk")
    mine = [membership.organization_id for membership in user.active_memberships()]
    own = Q(asked_by=user) | Q(organization__in=mine)
    return waiting.exclude(own), waiting.filter(own)


def to_verify(user: User) -> ObligationQuerySet:
    """Duties said to be done that this officer may verify; of an institute one belongs to, others do."""
    mine = [membership.organization_id for membership in user.active_memberships()]
    return Obligation.objects.visible_to(user).to_verify().exclude(institute__in=mine)


FEW = 5
OF_AN_EXEMPTION = ("obligation__public_id", "obligation__result__title", "obligation__project__title")


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind | Number]:
    """Exemptions to decide on and duties to verify for an officer, exemptions that end soon for an institute."""
    if has_permission(user, Permission.DECIDE_EXEMPTIONS, organization):
        to_decide = waiting_exemptions(user)[0]
        text = _("Decide on an exemption: %(title)s")
        yield Kind(to_decide, OF_AN_EXEMPTION, lambda row: _about(row, text), FEW)
    if has_permission(user, Permission.VERIFY_OBLIGATIONS, organization):
        yield Number(to_verify(user), _to_verify)
    if organization and has_permission(user, Permission.ASK_EXEMPTIONS, organization):
        ending = Exemption.objects.visible_to(user).filter(organization=organization).ending_on(day)
        soon = _("An exemption ends soon: %(title)s")
        yield Kind(ending.order_by("until", "pk"), OF_AN_EXEMPTION, lambda row: _about(row, soon), FEW)


def _to_verify(many: int) -> Waiting:
    title = ngettext("%(count)d duty to verify", "%(count)d duties to verify", many) % {"count": many}
    return Waiting(title, reverse("obligations:to_verify"))


def _about(row: Exemption, sentence: str) -> Waiting:
    result = row.obligation.result
    words = {"title": result.title if result else row.obligation.project.title}
    return Waiting(sentence % words, reverse("obligations:duty", args=[row.obligation.public_id]))
