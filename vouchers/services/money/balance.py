"""Every night: do ledger, kept sums and the sums of parts agree? Read only; what does not agree is said, never mended.

Each comparison is one statement, so it sees one moment of the database however busy it is (lessons F11).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from vouchers.enums.money import WAYS, Verb
from vouchers.models import SUMS
from vouchers.services.money.post import VOUCHER_SUMS


@dataclass(frozen=True)
class Disagreement:
    """`what` names the sum, `number` the call or voucher, `kept_won` what stands there and `counted_won` what its
    parts add up to. `line` is the public id of the budget line."""

    what: str
    number: str
    kept_won: int
    counted_won: int
    line: UUID


def _moved(holder: str, name: str) -> str:
    """SQL: what the ledger has moved into the sum `name` of a line or a voucher, less what it took from it."""
    into, out = (
        ", ".join(f"'{Verb(verb).value}'" for verb, way in WAYS.items() if getattr(way, f"{holder}_{end}") == name)
        or "''"
        for end in ("to", "from")
    )
    return f"sum(amount_won * (CASE WHEN verb IN ({into}) THEN 1 WHEN verb IN ({out}) THEN -1 ELSE 0 END))"


def _against_the_ledger(holder: str, names: tuple[str, ...]) -> str:
    moved = ", ".join(f"{_moved(holder, name)} AS {name}" for name in names)
    asked = " UNION ALL ".join(
        f"SELECT '{name}' AS what, k.number, k.{name} AS kept, coalesce(m.{name}, 0) AS counted, k.line "
        f"FROM kept k LEFT JOIN moved m ON m.holder = k.id"
        for name in names
    )
    column = f"{holder}_id"
    return (
        f"WITH moved AS (SELECT {column} AS holder, {moved} FROM vouchers_ledgerentry "
        f"WHERE {column} IS NOT NULL GROUP BY {column}), kept AS ({KEPT[holder]}) {asked}"
    )


KEPT = {
    "line": """SELECT l.*, c.number, l.public_id AS line
               FROM vouchers_budgetline l JOIN programmes_call c ON c.id = l.call_id""",
    "voucher": """SELECT v.*, l.public_id AS line
                  FROM vouchers_voucher v JOIN vouchers_budgetline l ON l.id = v.line_id""",
}
PARTS = """
WITH v AS (
    SELECT line_id, sum(open_won + bound_won) AS committed, sum(paid_won) AS paid, sum(recovered_won) AS recovered,
           sum(face_won) FILTER (WHERE state = 'waiting') AS waiting
    FROM vouchers_voucher GROUP BY line_id),
s AS (SELECT call_id, sum(government_won) AS selected FROM programmes_application WHERE state = 'selected'
      GROUP BY call_id),
k AS (SELECT l.*, c.number, coalesce(v.committed, 0) AS v_committed, coalesce(v.paid, 0) AS v_paid,
             coalesce(v.recovered, 0) AS v_recovered, coalesce(v.waiting, 0) + coalesce(s.selected, 0) AS held,
             l.available_won + l.reserved_won + l.committed_won + l.paid_won + l.recovered_won AS allocated,
             (SELECT coalesce(sum(CASE e.verb WHEN 'allocate' THEN e.amount_won WHEN 'cut' THEN -e.amount_won
                                  ELSE 0 END), 0) FROM vouchers_ledgerentry e WHERE e.line_id = l.id) AS entered
      FROM vouchers_budgetline l JOIN programmes_call c ON c.id = l.call_id
      LEFT JOIN v ON v.line_id = l.id LEFT JOIN s ON s.call_id = l.call_id)
SELECT 'allocated', number, allocated, entered, public_id FROM k
UNION ALL SELECT 'reserved', number, reserved_won, held, public_id FROM k
UNION ALL SELECT 'committed to vouchers', number, committed_won, v_committed, public_id FROM k
UNION ALL SELECT 'paid of vouchers', number, paid_won, v_paid, public_id FROM k
UNION ALL SELECT 'recovered of vouchers', number, recovered_won, v_recovered, public_id FROM k
"""
CLAIMS = """
SELECT 'claims paid', v.number, v.paid_won + v.recovered_won,
       coalesce((SELECT sum(c.government_won) FROM vouchers_claim c JOIN vouchers_order o ON o.id = c.order_id
                 WHERE o.voucher_id = v.id AND c.state = 'paid'), 0), l.public_id
FROM vouchers_voucher v JOIN vouchers_budgetline l ON l.id = v.line_id
"""


def out_of_balance(*, claims: bool = False) -> Iterator[Disagreement]:
    """What does not agree. With `claims` what was paid is held against the claims that were paid, too."""
    asked = [_against_the_ledger("line", SUMS), _against_the_ledger("voucher", VOUCHER_SUMS), PARTS]
    with connection.cursor() as cursor:
        for question in [*asked, CLAIMS] if claims else asked:
            cursor.execute(f"SELECT * FROM ({question}) q (what, number, kept, counted, line) WHERE kept <> counted")
            for what, number, kept, counted, line in cursor.fetchall():
                yield Disagreement(what, number, int(kept), int(counted), line)
