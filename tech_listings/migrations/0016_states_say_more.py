from django.db import migrations, models

import tech_listings.enums


class Migration(migrations.Migration):
    dependencies = [("tech_listings", "0015_closed_says_on_which_day")]

    operations = [
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "suspended"),
                        ("suspended_at__isnull", False),
                        ("suspended_for__in", tech_listings.enums.SuspendedFor),
                    ),
                    models.Q(
                        models.Q(("state", "suspended"), _negated=True),
                        ("suspended_at__isnull", True),
                        ("suspended_by__isnull", True),
                        ("suspended_for", ""),
                    ),
                    _connector="OR",
                ),
                name="listing_suspended_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="listing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", False),
                        ("outcome__in", tech_listings.enums.Outcome),
                        ("outcome_on__isnull", False),
                        ("state", "closed"),
                    ),
                    models.Q(
                        models.Q(("state", "closed"), _negated=True),
                        ("closed_at__isnull", True),
                        ("outcome", ""),
                        ("outcome_on__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="listing_closed_says_outcome",
            ),
        ),
    ]
