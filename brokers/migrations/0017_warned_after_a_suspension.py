"""A suspension ends as a warning where one is still open."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("brokers", "0016_guards_of_cases"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="registration",
            name="registration_moves",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="registration",
            trigger=pgtrigger.compiler.Trigger(
                name="registration_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{registered:hearing,registered:warned,warned:hearing,warned:registered,suspended:hearing,suspended:registered,suspended:warned,hearing:cancelled,hearing:registered,hearing:suspended,hearing:warned}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="a5b00b279703cc7e239679598b9328c4ac92c36e",
                    operation="UPDATE",
                    pgid="pgtrigger_registration_moves_badc3",
                    table="brokers_registration",
                    when="BEFORE",
                ),
            ),
        ),
    ]
