"""Legal-district codes (법정동코드) as the government publishes them: code, full name, 존재 or 폐지."""

from pathlib import Path

from django.utils.translation import gettext as _

from taxonomy.enums import Level, System
from taxonomy.numbers import region_level, region_parents
from taxonomy.services.tables.rows import CodeRow, Problem, Table, read_csv

COLUMNS = ("법정동코드", "법정동명", "폐지여부")
STATES = {"존재": False, "폐지": True}


def read_region(path: Path, *, revision: str) -> Table:
    """Names are kept whole (“경기도 수원시 장안구”), because lower names repeat all over the country.

    세종 is a city without districts: its only code looks like a district's. A one-word name in that place is taken for
    the top of its province, and a province row of the same name beside it is skipped.
    """
    table = Table()
    lines = list(read_csv(path, COLUMNS))
    top_of = {row[COLUMNS[0]][:2]: row[COLUMNS[0]] for _line, row in lines if _is_city_alone(row)}
    known = {row[COLUMNS[0]] for _line, row in lines}
    for line, row in lines:
        code, name, state = (row[column] for column in COLUMNS)
        level = region_level(code)
        if problem := _problem(path, line, row, level):
            table.problems.append(problem)
            continue
        if level == Level.SIDO and top_of.get(code[:2], code) != code:
            table.skipped += 1
            continue
        top = top_of.get(code[:2], "")
        if code == top:
            level, parent = Level.SIDO, ""
        else:
            parent = next((p for p in region_parents(code) if p in known and p != code), "")
            if top and region_level(parent) == Level.SIDO:
                parent = top
        table.rows.append(
            CodeRow(
                system=System.REGION,
                revision=revision,
                code=code,
                level=str(level),
                parent=parent,
                title_ko=name,
                sort_key=code,
                is_abolished=STATES[state],
                file=path.name,
                line=line,
            )
        )
    return table


def _is_city_alone(row: dict[str, str]) -> bool:
    code, name = row[COLUMNS[0]], row[COLUMNS[1]]
    return region_level(code) == Level.SIGUNGU and bool(name) and " " not in name


def _problem(path: Path, line: int, row: dict[str, str], level: str | None) -> Problem | None:
    code, name, state = (row[column] for column in COLUMNS)
    if level is None:
        remedy = _("Give the code as text of ten digits; a spreadsheet may have rounded it.")
        return Problem(path.name, line, COLUMNS[0], code, _("This is not a region code."), remedy)
    if not name:
        remedy = _("Fill in the full name of the region.")
        return Problem(path.name, line, COLUMNS[1], "", _("The title is missing."), remedy)
    if state not in STATES:
        remedy = _("Write 존재 or 폐지.")
        return Problem(path.name, line, COLUMNS[2], state, _("The state is not known."), remedy)
    return None
