"""Writing which codes of an old revision continue as which codes of the new one."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from taxonomy.enums import MappingKind, System
from taxonomy.models import Code, CodeMapping
from taxonomy.services.load import BATCH, LoadResult
from taxonomy.services.tables.ksic import MappingRow
from taxonomy.services.tables.rows import Problem, TableRefused


@transaction.atomic
def load_mapping(
    *,
    rows: Sequence[MappingRow],
    problems: Sequence[Problem] = (),
    system: str = System.KSIC,
    from_revision: str = "9",
    to_revision: str = "10",
) -> LoadResult:
    """Add and change mappings so that they are as in `rows`. Raises `TableRefused` with every row that is wrong.

    The kind is told from how many codes stand on either side.
    """
    old = _by_code(system, from_revision, {row.source for row in rows})
    new = _by_code(system, to_revision, {row.target for row in rows})
    if found := [*problems, *_problems(rows, old, new, from_revision, to_revision)]:
        raise TableRefused(found)

    targets = Counter(row.source for row in rows)
    sources = Counter(row.target for row in rows)
    stored = {
        (m.source_id, m.target_id): m
        for m in CodeMapping.objects.filter(source__system=system, source__revision=from_revision)
    }
    added, changed = [], []
    for row in rows:
        source, target = old[row.source], new[row.target]
        kind = kind_of(successors=targets[row.source], predecessors=sources[row.target])
        mapping = stored.get((source.pk, target.pk))
        if mapping is None:
            added.append(CodeMapping(source=source, target=target, kind=kind, detail=row.detail))
        elif (mapping.kind, mapping.detail) != (kind, row.detail):
            mapping.kind, mapping.detail = kind, row.detail
            changed.append(mapping)
    CodeMapping.objects.bulk_create(added, batch_size=BATCH)
    CodeMapping.objects.bulk_update(changed, ["kind", "detail"], batch_size=BATCH)
    return LoadResult(added=len(added), changed=len(changed), unchanged=len(rows) - len(added) - len(changed))


def kind_of(*, successors: int, predecessors: int) -> MappingKind:
    if successors == 1:
        return MappingKind.SAME if predecessors == 1 else MappingKind.MERGE
    return MappingKind.SPLIT if predecessors == 1 else MappingKind.MIXED


def _by_code(system: str, revision: str, codes: set[str]) -> dict[str, Code]:
    return {c.code: c for c in Code.objects.filter(system=system, revision=revision, code__in=codes).order_by("pk")}


def _problems(
    rows: Sequence[MappingRow], old: dict[str, Code], new: dict[str, Code], from_revision: str, to_revision: str
) -> list[Problem]:
    found = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for code, known, revision in ((row.source, old, from_revision), (row.target, new, to_revision)):
            if code not in known:
                why = _("The code is not in revision %s as loaded here.") % revision
                remedy = _("Load the full tables first, with `manage.py load_codes ksic FILE`.")
                found.append(Problem(row.file, row.line, "code", code, why, remedy))
        if (row.source, row.target) in seen:
            why = _("The same pair stands further up already.")
            found.append(Problem(row.file, row.line, "code", row.source, why, _("Remove one of the two lines.")))
        seen.add((row.source, row.target))
    return found
