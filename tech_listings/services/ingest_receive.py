"""Take a file in, choose what its columns mean, begin and end a run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import Conflict
from marketplace.core.text import tidy
from tech_listings.enums import OPEN_RUN_STATES, RUN_STATES, ImportTarget, RunState
from tech_listings.ingest.mapping import ColumnMapping, from_json, guess
from tech_listings.ingest.problems import FileProblem
from tech_listings.ingest.reading import open_table
from tech_listings.ingest.tables import Column, Format, Table
from tech_listings.models import Run, Source
from tech_listings.outbox import plan_after_commit
from tech_listings.services import ingest_targets as targets

PIECE = 1 << 20


class RunIsBusy(Conflict):
    """The run is being worked on or has ended; its columns stay as they are."""

    code = "run_is_busy"


@transaction.atomic
def source_named(*, organization: Organization, name: str, target: str = ImportTarget.LISTINGS) -> Source:
    """The organization's source of this name for this target, made if there is none."""
    source, _created = Source.objects.get_or_create(
        organization=organization,
        target=target,
        name=tidy(name)[:120] or _("Files"),
        defaults={"conditions_of_use": _("Terms are agreed with the holder.")},
    )
    return source


@transaction.atomic
def set_defaults(*, source: Source, deal_kinds: Sequence[str], conditions_of_use: str) -> None:
    """What stands in for rows that say nothing about deal types and conditions, from the next import on."""
    source.deal_kinds, source.conditions_of_use = list(deal_kinds), conditions_of_use
    source.save(update_fields=["deal_kinds", "conditions_of_use", "updated_at"])


@transaction.atomic
def usual_source(*, organization: Organization, target: str = ImportTarget.LISTINGS) -> Source | None:
    """The organization's only source of this target, made where it has none; None where it has several.

    One source is the rule: a patent that comes in two files is then one technology (lessons F44).
    """
    found = list(Source.objects.filter(organization=organization, target=target).order_by("pk")[:2])
    if len(found) == 2:
        return None
    return found[0] if found else source_named(organization=organization, name=usual_name(target), target=target)


def usual_name(target: str) -> str:
    """What a source of this target is called where nobody named it."""
    return _("Patent register") if target == ImportTarget.LISTINGS else _("NTIS")


def receive_file(
    *,
    source: Source,
    file: BinaryIO,
    file_name: str,
    kind: str,
    by: User | None,
    at: datetime,
    format: str = "",
    mapping: Mapping[str, str] | None = None,
    again: bool = False,
    wake: bool = True,
) -> tuple[Run, bool]:
    """Store the file privately and begin a run: comparing at once where the columns are clear, else waiting for them.

    The same file for the same source gives the earlier run and False: always while that one is open, and once it was
    applied unless `again` asks for a second look. `wake` False leaves the comparing to the caller.

    Raises:
        FileProblem: the file as a whole cannot be taken; nothing is stored.
        BadMapping: the given `mapping` does not fit the file.
    """
    size, checksum = _measure(file)
    with transaction.atomic():
        # The lock makes two uploads of one file at once into one run. It is one that rows pointing to the source pass.
        locked = Source.objects.select_for_update(of=["self"], no_key=True).get(pk=source.pk)
        if earlier := _earlier(locked, checksum, kind, again):
            return earlier, False
        table = open_table(file, name=file_name, format=Format(format) if format else None)
        into = targets.target(locked.target)
        fields = into.fields
        chosen = from_json(dict(mapping), fields) if mapping else guess(table.columns, locked.mapping, fields)
        if mapping:
            chosen.check(table.columns)
        run = Run(
            source=locked,
            kind=kind,
            file_name=tidy(PurePath(file_name.replace("\\", "/")).name)[:255] or "–",
            file_size=size,
            checksum=checksum,
            mapping=chosen.as_json(),
            uploaded_by=by,
            **_looks(table, into.columns(table, chosen.columns)),
        )
        file.seek(0)
        run.file.save("", File(file), save=False)
        run.save()
        if not chosen.missing():
            _begin_planning(run, wake=wake)
    return run, True


@transaction.atomic
def receive_for(
    *, organization: Organization, name: str, target: str, defaults: Mapping[str, Any] | None = None, **given: Any
) -> tuple[Run, bool]:
    """`receive_file` for the organization's source of this name, with new `set_defaults` where some are given.

    All or nothing: a file that is refused leaves neither a source nor other defaults behind. Raises as `receive_file`.
    """
    source = source_named(organization=organization, name=name, target=target)
    if defaults:
        set_defaults(source=source, **defaults)
    return receive_file(source=source, **given)


def _measure(file: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256. Raises `FileProblem` past the limit of uploads."""
    digest, size = sha256(), 0
    file.seek(0)
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    file.seek(0)
    if size > settings.UPLOAD_MAX_BYTES:
        raise FileProblem("too_large", have=-(-size >> 20), want=settings.UPLOAD_MAX_BYTES >> 20)
    return size, digest.hexdigest()


def _earlier(source: Source, checksum: str, kind: str, again: bool) -> Run | None:
    same = source.runs.filter(checksum=checksum, kind=kind)
    found = same.filter(state__in=OPEN_RUN_STATES).first()
    if found is None and not again:
        found = same.filter(state=RunState.APPLIED).order_by("-pk").first()
    return found


def _looks(table: Table, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "format": table.format.value,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_row": table.header_row,
        "columns": [asdict(column) for column in columns],
    }


def columns_of(run: Run) -> list[Column]:
    return [Column(c["index"], c["name"], tuple(c["samples"])) for c in run.columns]


@transaction.atomic
def choose_mapping(*, run: Run, mapping: Mapping[str, str], by: User | None, at: datetime, wake: bool = True) -> Run:
    """Take the columns a person chose, remember them for the source, and compare anew.

    Raises `BadMapping` naming the field, `RunIsBusy` while applying or after the end.
    """
    locked = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=run.pk)
    chosen = from_json(dict(mapping), targets.target_of(locked).fields)
    chosen.check(columns_of(locked))
    if not RUN_STATES.can(locked, RunState.PLANNING):
        raise RunIsBusy(_("The columns of this import can no longer be changed. Upload the file again."))
    locked.mapping = chosen.as_json()
    locked.save(update_fields=["mapping", "updated_at"])
    remember(source=locked.source, mapping=chosen)
    _begin_planning(locked, wake=wake)
    return locked


def remember(*, source: Source, mapping: ColumnMapping) -> None:
    """Keep the choice for the next file of this source."""
    source.mapping = mapping.as_json()
    source.save(update_fields=["mapping", "updated_at"])


@transaction.atomic
def plan_again(*, run: Run, by: User | None, at: datetime, wake: bool = True) -> Run:
    """Compare once more: after a failure, or because another import was applied meanwhile."""
    locked = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=run.pk)
    _begin_planning(locked, wake=wake)
    return locked


def _begin_planning(run: Run, *, wake: bool) -> None:
    refuse_beside_another(run)
    anew = {"attempts": 0, "problem_code": "", "problem_detail": {}, "ended_at": None}
    RUN_STATES.move(run, RunState.PLANNING, approved_at=None, approved_by=None, **anew)
    if wake:
        plan_after_commit(run.public_id)


def refuse_beside_another(run: Run) -> None:
    """Raise `RunIsBusy` where a failed run would come back beside an open one of the same file."""
    same = run.source.runs.filter(checksum=run.checksum, kind=run.kind, state__in=OPEN_RUN_STATES)
    if not run.is_open and same.exclude(pk=run.pk).exists():
        raise RunIsBusy(_("This very file was uploaded again. Go on with that import."))


@transaction.atomic
def cancel_run(*, run: Run, by: User | None, at: datetime) -> Run:
    """Stop a run. What it has applied stays; workers see it at their next batch. Twice is the same as once."""
    locked = Run.objects.select_for_update(of=["self"], no_key=True).select_related("source").get(pk=run.pk)
    if locked.state == RunState.CANCELLED:
        return locked
    RUN_STATES.move(locked, RunState.CANCELLED, ended_at=at)
    # What a worker holds right now is left to it: nobody waits for a long comparison in order to stop it.
    idle = locked.batches.filter(done_at__isnull=True).select_for_update(skip_locked=True, of=["self"])
    locked.batches.filter(pk__in=[batch.pk for batch in idle.only("pk").order_by("pk")]).delete()
    return locked
