"""What is said about applications, and what follows from it in this app."""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from accounts.events import personal_data_requested
from accounts.models import User
from programmes.events import selection_undone
from programmes.models import Application, ApplicationDocument
from programmes.outbox import take_up_after_commit
from programmes.services.review.agreements import withdraw_offer


@receiver(selection_undone, dispatch_uid="programmes.offer_of_who_withdrew")
def who_withdrew_signs_nothing(sender: Any, application: Application, **kwargs: Any) -> None:
    withdraw_offer(application)


@receiver(selection_undone, dispatch_uid="programmes.reserves")
def the_next_one_follows(sender: Any, application: Application, **kwargs: Any) -> None:
    take_up_after_commit(application.call_id)


@receiver(personal_data_requested, dispatch_uid="programmes.personal_data")
def applications_we_keep(sender: Any, user: User, **kwargs: Any) -> tuple[str, dict[str, list[Any]]]:
    """What the person wrote or handed in for a firm, and which papers the person sent."""
    mine = Application.objects.real().filter(Q(begun_by=user) | Q(submitted_by=user) | Q(withdrawn_by=user))
    names = ("number", "call__number", "organization__name", "state", "begun_at", "submitted_at", "plan")
    papers = ApplicationDocument.objects.filter(sent_by=user, application__call__is_rehearsal=False).order_by(
        "sent_at", "pk"
    )
    return "programme_applications", {
        "applications": list(mine.order_by("begun_at", "pk").values(*names)),
        "papers": list(papers.values("application__number", "key", "name", "sha256", "sent_at")),
    }
