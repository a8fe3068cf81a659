"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Fate, Part, organizations_merged, organizations_merging
from accounts.models import MergeProposal, Organization
from programmes.enums.applications import RUNNING, ApplicationState
from programmes.enums.calls import CallState
from programmes.models import Application, Call, Transfer
from programmes.registry import nothing_runs_of
from programmes.services.applications.withdraw import discard_left

OPEN = (*RUNNING, ApplicationState.DRAFT)
FIELD = "programmes.Application.organization"


@receiver(organizations_merging, dispatch_uid="programmes.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Applications go on under the firm that stands, unless it has one under the same call: then one is withdrawn.

    Nobody can withdraw what was agreed on and is over: it stays history of the firm that goes. Nor is anybody asked for
    a draft beside an application of the other one, which could not be submitted: it is thrown away. Samples of a
    rehearsal keep the name they were copied under, and hold up nobody.
    """
    said = Answers(gone)
    mine = Application.objects.real().filter(organization=gone)
    other = Application.objects.real().filter(organization=into)
    beside = Q(call__in=other.filter(state__in=OPEN).values("call"))
    draft, agreed = Q(state=ApplicationState.DRAFT), Q(state=ApplicationState.AGREED)
    stays = draft | agreed & nothing_runs_of()
    both, rest = mine.filter(beside, state__in=OPEN), mine.filter(state__in=OPEN).exclude(beside & stays)
    said.parts += [
        Part(FIELD, Fate.STOPS, both.exclude(stays), _("applications under calls where the other one applies too")),
        Part(FIELD, Fate.MOVED, rest, _("applications")),
        Part(FIELD, Fate.KEPT, both.filter(draft), _("drafts beside an application of the other one, thrown away")),
    ]
    said.kept(Application, "organization", what=_("decided applications"))
    said.moved(Transfer, "organization", what=_("technologies taken over"))
    said.stops(Call, "office", what=_("calls"), state__in=[CallState.DRAFT, CallState.PUBLISHED, CallState.DECIDED])
    said.kept(Call, "office", what=_("closed calls"))
    return said.parts


@receiver(organizations_merged, dispatch_uid="programmes.drafts_of_who_was_merged")
def throw_drafts_away(sender: Any, proposal: MergeProposal, **kwargs: Any) -> None:
    discard_left(organization=proposal.gone)
