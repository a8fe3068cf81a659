"""What writes the feed: a trigger per statement on every table whose public part is in it.

Compared are only columns that everybody may read: what is written besides (a hash, a confidential text, an officer's
look) changes nothing for a mirror. One row per object and transaction, so that a long one writes no object twice.
"""

from django.db import migrations

SHOWN = "('published', 'under_negotiation', 'contracted', 'closed')"
LISTING = [
    "number",
    "state",
    "title_ko",
    "title_en",
    "title_zh",
    "value_ko",
    "value_en",
    "value_zh",
    "summary_ko",
    "summary_en",
    "summary_zh",
    "problem",
    "effect",
    "field_of_use",
    "conditions_of_use",
    "keywords",
    "trl",
    "ipc_codes",
    "st_class",
    "ksic_code",
    "deal_kinds",
    "price_won",
    "right_summary",
    "registered_at",
    "confirmed_on",
    "outcome",
    "outcome_on",
    "holder_id",
]
RIGHT = [
    "listing_id",
    "kind",
    "country",
    "title",
    "application_number",
    "application_on",
    "publication_number",
    "publication_on",
    "registration_number",
    "registration_on",
    "status",
    "expires_on",
]
BROKER = [
    "kind",
    "number",
    "organization_id",
    "user_id",
    "state",
    "registered_at",
    "conditions",
    "suspended_until",
    "cancelled_at",
    "introduction_ko",
    "introduction_en",
    "introduction_zh",
    "speciality",
    "ipc_prefixes",
    "regions",
    "languages",
    "fee_text",
]
HOLDER = ["kind", "institute_kind", "name", "name_en", "name_zh", "region_code", "answer_days"]


def columns(names: list[str], row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in names)


def differ(names: list[str]) -> str:
    return f"({columns(names, 'o')}) IS DISTINCT FROM ({columns(names, 'n')})"


def note(collection: str, rows: str) -> str:
    """`rows` selects public ids."""
    return f"""INSERT INTO open_data_change (collection, xid, object_id, at)
        SELECT DISTINCT '{collection}', pg_current_xact_id()::text::bigint, found.public_id, clock_timestamp()
        FROM ({rows}) AS found ON CONFLICT DO NOTHING;"""


def function(name: str, *, inserted: str, updated: str, deleted: str) -> str:
    return f"""
CREATE FUNCTION open_data_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {inserted}
    ELSIF TG_OP = 'UPDATE' THEN
        {updated}
    ELSE
        {deleted}
    END IF;
    RETURN NULL;
END $$;"""


def triggers(name: str, table: str, *, inserts: bool = True) -> str:
    made = []
    for operation, rows in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        if inserts or operation == "UPDATE":
            made.append(
                f"CREATE TRIGGER open_data_{name}_{operation.lower()} AFTER {operation} ON {table} "
                f"REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION open_data_{name}();"
            )
    return "\n".join(made)


BOTH = "new_rows AS n JOIN old_rows AS o USING (id)"
OF_RIGHT = f"JOIN tech_listings_listing AS l ON l.id = r.listing_id WHERE l.state IN {SHOWN}"
FEED = "\n".join(
    [
        function(
            "note_listings",
            inserted=note("listings", f"SELECT public_id FROM new_rows WHERE state IN {SHOWN}"),
            updated=note(
                "listings",
                f"SELECT n.public_id FROM {BOTH} WHERE (o.state IN {SHOWN} OR n.state IN {SHOWN}) AND {differ(LISTING)}",
            ),
            deleted=note("listings", f"SELECT public_id FROM old_rows WHERE state IN {SHOWN}"),
        ),
        triggers("note_listings", "tech_listings_listing"),
        function(
            "note_rights",
            inserted=note("listings", f"SELECT l.public_id FROM new_rows AS r {OF_RIGHT}"),
            updated=note(
                "listings",
                f"SELECT l.public_id FROM {BOTH} JOIN tech_listings_listing AS l ON l.id IN (o.listing_id, n.listing_id)"
                f" WHERE l.state IN {SHOWN} AND {differ(RIGHT)}",
            ),
            deleted=note("listings", f"SELECT l.public_id FROM old_rows AS r {OF_RIGHT}"),
        ),
        triggers("note_rights", "tech_listings_right"),
        function(
            "note_brokers",
            inserted=note("brokers", "SELECT public_id FROM new_rows"),
            updated=note("brokers", f"SELECT n.public_id FROM {BOTH} WHERE {differ(BROKER)}"),
            deleted=note("brokers", "SELECT public_id FROM old_rows"),
        ),
        triggers("note_brokers", "brokers_registration"),
        function(
            "note_organizations",
            inserted="NULL;",
            updated=note(
                "listings",
                f"SELECT l.public_id FROM {BOTH} JOIN tech_listings_listing AS l ON l.holder_id = n.id"
                f" WHERE l.state IN {SHOWN} AND {differ(HOLDER)}",
            )
            + note(
                "brokers",
                f"SELECT b.public_id FROM {BOTH} JOIN brokers_registration AS b ON b.organization_id = n.id"
                f" WHERE {differ(HOLDER)}",
            ),
            deleted="NULL;",
        ),
        triggers("note_organizations", "accounts_organization", inserts=False),
    ]
)
SO_FAR = note("listings", f"SELECT public_id FROM tech_listings_listing WHERE state IN {SHOWN}") + note(
    "brokers", "SELECT public_id FROM brokers_registration"
)
UNDO = "\n".join(
    f"DROP FUNCTION open_data_note_{name}() CASCADE;" for name in ("listings", "rights", "brokers", "organizations")
)


class Migration(migrations.Migration):
    dependencies = [
        ("open_data", "0001_keys_feed_webhooks_deals"),
        ("brokers", "0020_words_of_application_states"),
    ]

    operations = [migrations.RunSQL(FEED, UNDO), migrations.RunSQL(SO_FAR, migrations.RunSQL.noop)]
