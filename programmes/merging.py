"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.models import Application, Call, Transfer


@receiver(organizations_merging, dispatch_uid="programmes.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Applications and transfers go on under the one that stands; two under one call are one too many (F67)."""
    said = Answers(gone)
    both = Application.objects.running().filter(organization=into).values("call")
    said.stops(
        Application, "organization", what=_("applications under a call to which both applied"),
        state__in=RUNNING, call__in=both,
    )  # fmt: skip
    drafts = Application.objects.filter(organization=into, state=ApplicationState.DRAFT).values("call")
    said.stops(
        Application, "organization", what=_("drafts under a call for which both have one"),
        state=ApplicationState.DRAFT, call__in=drafts,
    )  # fmt: skip
    said.moved(Application, "organization", what=_("applications"), state__in=[*RUNNING, ApplicationState.DRAFT])
    said.kept(Application, "organization", what=_("applications that are over"))
    there = Transfer.objects.filter(organization=into).values("reference")
    fresh = Transfer.objects.filter(organization=gone).exclude(reference__in=there).values("pk")
    said.moved(Transfer, "organization", what=_("technologies taken over"), pk__in=fresh)
    said.kept(Transfer, "organization", what=_("technologies that both took over"))
    said.kept(Call, "office", what=_("calls"))
    return said.parts
