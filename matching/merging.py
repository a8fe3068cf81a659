"""What becomes of this app's rows when one organization is merged into another (`accounts.services.merge`)."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from accounts.events import Answers, Part, organizations_merging
from accounts.models import Organization
from matching.enums import NeedState
from matching.models import Need, NeedAnswer


@receiver(organizations_merging, dispatch_uid="matching.merging")
def answer(sender: Any, gone: Organization, into: Organization, **kwargs: Any) -> list[Part]:
    """Open needs go on under the one that stands. Saved searches belong to people and stay theirs."""
    said = Answers(gone)
    said.moved(Need, "organization", what=_("open needs"), state=NeedState.OPEN)
    said.kept(Need, "organization", what=_("needs"))
    said.kept(NeedAnswer, "organization", what=_("answers to needs"))
    return said.parts
