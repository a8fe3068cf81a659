"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from policy.enums.survey import OPEN_SHEETS, SurveyFileState
from policy.models import PeerPlacement, RankingLine, SurveyAnswer, SurveyFile, SurveySheet


@receiver(organizations_merging, dispatch_uid="policy.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """What was accepted or ranked goes on naming who it was; what is on its way is finished first."""
    said = Answers(gone)
    said.stops(SurveySheet, "institute", what=_("open answers of the survey"), state__in=OPEN_SHEETS)
    said.stops(SurveyFile, "sender", what=_("survey files not applied"), state=SurveyFileState.READ)
    said.kept(SurveySheet, "institute", what=_("answers of the survey"))
    said.kept(SurveyAnswer, "institute", what=_("accepted answers of the survey"))
    said.kept(SurveyFile, "sender", what=_("survey files"))
    said.kept(PeerPlacement, "institute", what=_("peer groups"))
    said.kept(RankingLine, "institute", what=_("places in rankings"))
    return said.parts
