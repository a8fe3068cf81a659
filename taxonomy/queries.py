"""Reading classifications: what may be chosen, what a stored code is called, what lies above and below it.

Codes are text on the rows of other apps. Every function answers for the current revision and, where a code is unknown
there, for the newest revision that has it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache
from django.utils.translation import get_language

from taxonomy.enums import LEVELS, Level, MappingKind, System
from taxonomy.models import Code, CodeMapping, first_title
from taxonomy.numbers import ipc_ancestors

log = structlog.get_logger(__name__)
CACHE_SECONDS = 300
CACHED_LEVELS: dict[str, tuple[Level, ...]] = {
    System.IPC: (Level.SECTION, Level.CLASS, Level.SUBCLASS),
    System.KSIC: (Level.SECTION, Level.DIVISION, Level.GROUP),
    System.ST: LEVELS[System.ST],
    System.REGION: (Level.SIDO, Level.SIGUNGU),
    System.TRL: LEVELS[System.TRL],
}
REVISIONS_KEY = "taxonomy:revisions"


@dataclass(frozen=True)
class Entry:
    code: str
    parent: str
    title_ko: str
    title_en: str
    title_zh: str

    def title_in(self, language: str | None) -> str:
        return first_title(language, ko=self.title_ko, en=self.title_en, zh=self.title_zh)


def current_revisions() -> dict[str, str]:
    """The newest revision loaded of each system: “10” is newer than “9”, “2023.01” than “2022.01”."""
    cached = _remembered(REVISIONS_KEY)
    if cached is not None:
        return cached
    pairs = Code.objects.filter(parent__isnull=True).order_by().values_list("system", "revision").distinct()
    newest: dict[str, str] = {}
    for system, revision in pairs:
        if system not in newest or _age(revision) > _age(newest[system]):
            newest[system] = revision
    _remember(REVISIONS_KEY, newest)
    return newest


def current_revision(system: str) -> str:
    """“” when nothing of the system is loaded."""
    return current_revisions().get(system, "")


def choices(
    system: str, level: str, language: str | None = None, *, parent: str | None = None
) -> list[tuple[str, str]]:
    """(code, title) of what may be chosen at a level, in the order of the classification. Abolished codes are left out.

    `language` is the reader's when not given. `parent` narrows to the codes directly below one code.
    """
    speak = language or get_language()
    return [(e.code, e.title_in(speak)) for e in _offered(system, level) if parent is None or e.parent == parent]


def titles(
    system: str, codes: Iterable[str], language: str | None = None, *, or_ancestor: bool = False
) -> dict[str, str]:
    """Title of each code that is known, abolished ones included; unknown codes are missing from the answer.

    `or_ancestor` (IPC): a symbol that is not loaded answers with the title of the nearest loaded symbol above it, so
    that “G06Q 50/18” reads “Data processing for business…” where only the compact table is loaded.
    """
    wanted = list(dict.fromkeys(code for code in codes if code))
    above = {code: ipc_ancestors(code) for code in wanted} if or_ancestor and system == System.IPC else {}
    rows = _known(system, {*wanted, *(a for line in above.values() for a in line)})
    speak = language or get_language()
    found = {}
    for code in wanted:
        entry = next((rows[c] for c in (code, *above.get(code, ())) if c in rows), None)
        if entry:
            found[code] = entry.title_in(speak)
    return found


def unknown(system: str, codes: Iterable[str]) -> set[str]:
    """Those of `codes` that no loaded revision has."""
    asked = {code for code in codes if code}
    return asked - set(Code.objects.filter(system=system, code__in=asked).order_by().values_list("code", flat=True))


def children(system: str, code: str) -> list[Code]:
    """What may be chosen directly below a code.

    A region that got a new code (강원도 42 → 강원특별자치도 51) also has what is still listed under its old one.
    """
    found = Code.objects.filter(system=system, revision=current_revision(system))
    parents = list(found.filter(code=code).values_list("pk", flat=True))
    replaced = CodeMapping.objects.filter(target__in=parents, kind=MappingKind.SAME, source__system=System.REGION)
    parents += replaced.values_list("source_id", flat=True)
    return list(found.filter(parent__in=parents).offered().in_order())


def path(system: str, code: str) -> list[Code]:
    """From the top of the classification down to the code; empty when it is not known. One query."""
    depth = "__".join(["parent"] * (len(LEVELS[system]) - 1))
    rows = Code.objects.filter(system=system, code=code).select_related(depth)
    row: Code | None = max(rows, key=lambda r: _age(r.revision), default=None)
    line: list[Code] = []
    while row is not None:
        line.insert(0, row)
        row = row.parent
    return line


def successors(system: str, code: str, *, revision: str) -> list[CodeMapping]:
    """What became of a code of an old revision, with `kind` and `detail`. Several when it was divided."""
    rows = CodeMapping.objects.filter(source__system=system, source__revision=revision, source__code=code)
    return list(rows.select_related("target").order_by("target__sort_key", "pk"))


def forget() -> None:
    """Drop what is remembered. Called after every load."""
    keys = [_key(system, level) for system, levels in CACHED_LEVELS.items() for level in levels]
    try:
        cache.delete_many([REVISIONS_KEY, *keys])
    except Exception as error:  # the broker is away: other processes go on with titles at most CACHE_SECONDS old
        log.warning("taxonomy_cache_away", error=str(error))


def _age(revision: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", revision))


def _key(system: str, level: str) -> str:
    return f"taxonomy:offered:{system}:{level}"


def _offered(system: str, level: str) -> Sequence[Entry]:
    keep = level in CACHED_LEVELS.get(system, ())
    if keep and (cached := _remembered(_key(system, level))) is not None:
        return cached
    rows = Code.objects.at_level(system, level).filter(revision=current_revision(system)).offered().in_order()
    entries = [Entry(*row) for row in rows.values_list("code", "parent__code", "title_ko", "title_en", "title_zh")]
    if keep:
        _remember(_key(system, level), entries)
    return entries


def _known(system: str, codes: set[str]) -> dict[str, Entry]:
    rows = Code.objects.filter(system=system, code__in=codes).order_by()
    newest_last = sorted(
        rows.values_list("revision", "code", "parent__code", "title_ko", "title_en", "title_zh"),
        key=lambda row: _age(row[0]),
    )
    return {row[1]: Entry(*row[1:]) for row in newest_last}


def _remembered(key: str) -> Any:
    try:
        return cache.get(key)
    except Exception as error:  # the cache is a convenience: without it the table is asked
        log.warning("taxonomy_cache_away", error=str(error))
        return None


def _remember(key: str, value: Any) -> None:
    try:
        cache.set(key, value, CACHE_SECONDS)
    except Exception as error:
        log.warning("taxonomy_cache_away", error=str(error))
