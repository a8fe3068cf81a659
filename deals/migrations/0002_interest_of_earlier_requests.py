from django.db import migrations


class Migration(migrations.Migration):
    """Non-exclusive licences that were asked for before interest was recorded."""

    dependencies = [("deals", "0001_initial"), ("tech_listings", "0014_freshness_and_exclusivity")]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO tech_listings_nonexclusiveinterest (listing_id, asked_at, request_id)
            SELECT listing_id, requested_at, public_id FROM deals_transferrequest
            WHERE deal_kind = 'non_exclusive_licence'
            ON CONFLICT DO NOTHING
            """,
            migrations.RunSQL.noop,
        )
    ]
