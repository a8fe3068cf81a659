"""Reads that lists and forms share."""

from django.db import connection


def ministries() -> list[str]:
    """Every ministry that gave money to a project that may be shown, by name.

    One look into the index per ministry: a DISTINCT would read all projects for some twenty names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE names AS (
                (SELECT ministry FROM obligations_rndproject WHERE NOT is_security AND deleted_at IS NULL
                 ORDER BY ministry LIMIT 1)
                UNION ALL
                SELECT (SELECT p.ministry FROM obligations_rndproject p
                        WHERE p.ministry > names.ministry AND NOT p.is_security AND p.deleted_at IS NULL
                        ORDER BY p.ministry LIMIT 1)
                FROM names WHERE names.ministry IS NOT NULL
            )
            SELECT ministry FROM names WHERE ministry IS NOT NULL ORDER BY ministry
            """
        )
        return [row[0] for row in cursor.fetchall()]
