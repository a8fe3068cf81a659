"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from obligations.enums import DutyState, ExemptionState
from obligations.models import Exemption, Letter, Obligation, ResearchResult, RnDProject


@receiver(organizations_merging, dispatch_uid="obligations.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Who owes a result is derived from its project, so nothing may be owed any more; what was done is history."""
    said = Answers(gone)
    said.stops(Obligation, "institute", what=_("results still to be listed"), state=DutyState.DUE)
    said.stops(Exemption, "organization", what=_("exemptions asked for"), state=ExemptionState.ASKED)
    said.kept(Obligation, "institute", what=_("duties"))
    said.kept(Exemption, "organization", what=_("exemptions"))
    said.kept(Letter, "institute", what=_("letters"))
    said.kept(RnDProject, "lead", what=_("R&D projects"))
    said.kept(RnDProject.partners.through, "organization", what=_("R&D projects as partner"))
    said.kept(ResearchResult, "owner", what=_("results"))
    return said.parts
