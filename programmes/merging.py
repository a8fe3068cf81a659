"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.enums.calls import CallState
from programmes.models import Application, Call, Transfer

OPEN = (*RUNNING, ApplicationState.DRAFT)


@receiver(organizations_merging, dispatch_uid="programmes.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Applications go on under the firm that stands, unless it has one under the same call: then one is withdrawn.

    Samples of a rehearsal keep the name they were copied under, and hold up nobody.
    """
    said = Answers(gone)
    said.stops(
        Application,
        "organization",
        what=_("applications under calls where the other one applies too"),
        state__in=OPEN,
        call__is_rehearsal=False,
        call__applications__organization=into,
        call__applications__state__in=OPEN,
    )
    said.moved(Application, "organization", what=_("applications"), state__in=OPEN, call__is_rehearsal=False)
    said.kept(Application, "organization", what=_("decided applications"))
    said.moved(Transfer, "organization", what=_("technologies taken over"))
    said.stops(Call, "office", what=_("calls"), state__in=[CallState.DRAFT, CallState.PUBLISHED, CallState.DECIDED])
    said.kept(Call, "office", what=_("closed calls"))
    return said.parts
