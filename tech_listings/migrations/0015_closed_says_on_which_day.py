from django.db import migrations


class Migration(migrations.Migration):
    """What was closed before its day was kept: the day on which it was said."""

    dependencies = [("tech_listings", "0014_freshness_and_exclusivity")]

    operations = [
        migrations.RunSQL(
            """
            UPDATE tech_listings_listing SET outcome_on = (closed_at AT TIME ZONE 'Asia/Seoul')::date
            WHERE state = 'closed'
            """,
            migrations.RunSQL.noop,
        )
    ]
