"""Every night: do ledger, cached amounts and sums agree? Read only; what does not agree is said, never mended."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Disagreement:
    """`what` names the sum, `number` the row, `kept_won` what stands there and `counted_won` what the ledger says."""

    what: str
    number: str
    kept_won: int
    counted_won: int


SUMS = {
    "receipt": """
        SELECT r.number, r.amount_won - r.allocated_won - r.returned_won AS kept,
               coalesce(sum(e.amount_won), 0) AS counted
        FROM royalties_receipt r
        LEFT JOIN royalties_posting p ON p.receipt_id = r.id
        LEFT JOIN royalties_ledgerentry e ON e.posting_id = p.id AND e.account = 'unassigned'
        GROUP BY r.id""",
    "receipt to invoices": """
        SELECT r.number, r.allocated_won AS kept, coalesce(sum(a.amount_won), 0) AS counted
        FROM royalties_receipt r
        LEFT JOIN royalties_allocation a ON a.receipt_id = r.id AND a.undone_at IS NULL
        GROUP BY r.id""",
    "invoice": """
        SELECT i.number, i.paid_won AS kept, coalesce(sum(a.amount_won), 0) AS counted
        FROM royalties_invoice i
        LEFT JOIN royalties_allocation a ON a.invoice_id = i.id AND a.undone_at IS NULL
        GROUP BY i.id""",
    "calendar": """
        SELECT c.number || ' ' || d.key AS number, d.paid_won AS kept, coalesce(sum(a.net_won), 0) AS counted
        FROM royalties_due d
        JOIN deals_contract c ON c.id = d.contract_id
        LEFT JOIN royalties_invoice i ON i.due_id = d.id
        LEFT JOIN royalties_allocation a ON a.invoice_id = i.id AND a.undone_at IS NULL
        WHERE d.paid_won > 0 OR i.id IS NOT NULL
        GROUP BY d.id, c.number""",
    "royalty not shared out": """
        SELECT i.number, sum(CASE WHEN a.undone_at IS NULL AND d.id IS NULL THEN a.net_won ELSE 0 END) AS kept,
               coalesce(sum(l.won), 0) AS counted
        FROM royalties_allocation a
        JOIN royalties_invoice i ON i.id = a.invoice_id
        LEFT JOIN royalties_distribution d ON d.allocation_id = a.id AND d.undone_at IS NULL
        LEFT JOIN LATERAL (
            SELECT sum(e.amount_won) AS won FROM royalties_posting p JOIN royalties_ledgerentry e ON e.posting_id = p.id
            WHERE p.allocation_id = a.id AND e.account = 'royalty') l ON true
        GROUP BY i.id""",
    "person": """
        SELECT y.name AS number, coalesce(s.won, 0) AS kept, coalesce(l.won, 0) AS counted
        FROM royalties_payee y
        LEFT JOIN LATERAL (
            SELECT sum(s.amount_won) AS won FROM royalties_personshare s
            JOIN royalties_distribution d ON d.id = s.distribution_id AND d.undone_at IS NULL
            WHERE s.payee_id = y.id) s ON true
        LEFT JOIN LATERAL (
            SELECT sum(e.amount_won) AS won FROM royalties_ledgerentry e WHERE e.payee_id = y.id) l ON true
        """,
    "posting": """
        SELECT p.public_id::text AS number, 0 AS kept, coalesce(sum(e.amount_won), 0) AS counted
        FROM royalties_posting p LEFT JOIN royalties_ledgerentry e ON e.posting_id = p.id GROUP BY p.id""",
}


def disagreements() -> Iterator[Disagreement]:
    """Whatever does not agree, sum by sum; nothing where all is well."""
    for what, sums in SUMS.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT number, kept, counted FROM ({sums}) found WHERE kept <> counted ORDER BY number")
            for number, kept, counted in cursor.fetchall():
                yield Disagreement(what, number, int(kept), int(counted))
