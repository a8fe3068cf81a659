"""A tax invoice is claimed once however its number is written: full width, small letters, other dashes or none."""

from django.db import migrations, models

# Compared are letters and figures: what is left without blanks, punctuation of ASCII, dashes and middle dots.
FORWARD = r"""
CREATE FUNCTION vouchers_invoice_key(number text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(upper(normalize(number, NFKC)),
                          '[\s!-/:-@\[-`{-~\u00ad\u00b7\u200b-\u200f\u2010-\u2015\u2060\u2212\u30fb\ufeff]', '', 'g')
$$;
"""
BACKWARD = "DROP FUNCTION vouchers_invoice_key(text);"


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0015_a_bank_line_counts_once")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint(model_name="claim", name="claim_tax_invoice_once"),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                models.Func(
                    models.F("invoice_number"), function="vouchers_invoice_key", output_field=models.TextField()
                ),
                condition=models.Q(
                    models.Q(("invoice_number", ""), _negated=True),
                    models.Q(("state__in", ["withdrawn", "disallowed"]), _negated=True),
                ),
                name="claim_tax_invoice_once",
            ),
        ),
    ]
