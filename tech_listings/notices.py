"""What this app tells people: how an import ended."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications import registry
from notifications.outbox import notify
from tech_listings.models import Run

TARGET = "tech_listings.run"


def runs_visible_to(user: User) -> QuerySet[Run]:
    return Run.objects.visible_to(user)


registry.register(
    "import_applied",
    title=_("Import of %(file)s is done"),
    body=_("%(added)s added, %(changed)s changed, %(withdrawn)s withdrawn, %(refused)s refused."),
    targets=runs_visible_to,
)


def run_finished(run: Run, *, at: datetime) -> None:
    """Tell whoever approved the run."""
    if run.approved_by is None:
        return
    counts = {name: getattr(run, name) for name in ("added", "changed", "withdrawn", "refused")}
    notify(
        users=[run.approved_by],
        kind="import_applied",
        dedupe_key=f"import_applied:{run.public_id}",
        params={"file": run.file_name, **counts},
        url=reverse("tech_listings:ingest_run", args=[run.public_id]),
        target=(TARGET, run.public_id),
        at=at,
    )
