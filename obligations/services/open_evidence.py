"""Who opened which evidence is kept."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import NotAllowed
from obligations.models import EvidenceOpening, Exemption


@transaction.atomic
def open_evidence(*, exemption: Exemption, by: User, at: datetime) -> EvidenceOpening:
    """Write down that `by` opens it. Raises `NotAllowed` for whoever may not see the exemption."""
    if not Exemption.objects.visible_to(by).filter(pk=exemption.pk).exists():
        raise NotAllowed(_("This evidence is not for you to see."))
    return EvidenceOpening.objects.create(exemption=exemption, opened_by=by, opened_at=at)
