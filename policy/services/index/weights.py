"""An officer writes a version of the index from the one in use; another one publishes it."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import ChangedMeanwhile, NotAllowed, NotPossibleNow
from policy.enums.index import WEIGHTS_STATES, WeightsState
from policy.models import IndexWeights
from policy.models.index import SOURCE_LENGTH
from policy.scheme.index import Scheme
from policy.services.once import made_before
from policy.services.survey.acting import require_governor, words_of

DATA = Path(__file__).resolve().parents[2] / "data" / "index_weights.json"


@transaction.atomic
def load_weights(*, at: datetime) -> bool:
    """The version that comes with the product, where it is not there yet; whether it is new."""
    said = json.loads(DATA.read_text(encoding="utf-8"))
    scheme = Scheme.of(said["scheme"])
    made = {"scheme": scheme.as_json(), "source": said["source"], "state": WeightsState.PUBLISHED, "published_at": at}
    return IndexWeights.objects.get_or_create(version=said["version"], defaults=made)[1]


@transaction.atomic
def write_weights(*, scheme: Scheme, source: str, by: User, at: datetime, key: UUID | None = None) -> IndexWeights:
    """A new draft; the same `key` writes one. Raises `NotAllowed`, `BadScheme`, `KeyReused`, `DomainError`."""
    require_governor(by)
    scheme.check()
    list(IndexWeights.objects.order_by("pk").select_for_update(of=["self"]))  # of two each gets a number of its own
    if earlier := made_before(IndexWeights, key, written_by_id=by.pk):
        return earlier
    number = (IndexWeights.objects.aggregate(most=Max("version"))["most"] or 0) + 1
    return IndexWeights.objects.create(
        version=number, scheme=scheme.as_json(), source=_source(source), key=key, written_by=by, written_at=at
    )


@transaction.atomic
def edit_weights(
    *, weights: IndexWeights, scheme: Scheme, source: str, revision: int, by: User, at: datetime
) -> IndexWeights:
    """Change one's own draft. Others write their own: who wrote in it could not publish it.

    Raises `NotAllowed`, `IllegalTransition`, `ChangedMeanwhile`, `BadScheme`, `DomainError`.
    """
    locked = _locked_draft(weights, revision, by)
    if locked.written_by_id != by.pk:
        raise NotAllowed(_("Only who wrote this draft changes it. Write one of your own."))
    locked.scheme, locked.source = scheme.check().as_json(), _source(source)
    locked.revision += 1
    locked.written_at = at
    locked.save(update_fields=["scheme", "source", "revision", "written_at", "updated_at"])
    return locked


@transaction.atomic
def publish_weights(*, weights: IndexWeights, revision: int, by: User, at: datetime) -> IndexWeights:
    """The next ranking is computed by it; rankings that were published keep theirs. Never by who wrote it.

    Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`.
    """
    locked = _locked_draft(weights, revision, by)
    if locked.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this draft: another officer has to publish it."))
    if IndexWeights.objects.published().filter(version__gt=locked.version).exists():
        raise NotPossibleNow(_("A later version was published already. Write a new draft from it."))
    WEIGHTS_STATES.move(locked, WeightsState.PUBLISHED, published_at=at, published_by=by)
    return locked


@transaction.atomic
def discard_weights(*, weights: IndexWeights, revision: int, by: User) -> IndexWeights:
    """Throw a draft away; its page stays for officers. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`."""
    locked = _locked_draft(weights, revision, by)
    WEIGHTS_STATES.move(locked, WeightsState.WITHDRAWN)
    return locked


def _locked_draft(weights: IndexWeights, revision: int, by: User) -> IndexWeights:
    """The row, locked with all of them: of two that are published one comes first."""
    rows = IndexWeights.objects.order_by("pk").select_for_update(of=["self"])
    locked = next(row for row in rows if row.pk == weights.pk)
    require_governor(by)
    if locked.state != WeightsState.DRAFT:
        state = locked.get_state_display()
        raise NotPossibleNow(_("This version is “%(state)s” and is never changed. Write a new one.") % {"state": state})
    if locked.revision != revision:
        raise ChangedMeanwhile(_("Somebody changed this draft while you had it open. Look at it again before saving."))
    return locked


def _source(text: str) -> str:
    return words_of(text, field="source", missing=_("Name the source: everybody can read it."), most=SOURCE_LENGTH)
