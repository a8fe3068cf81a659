import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import marketplace.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tech_listings", "0013_prefill_and_inventors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfirmationReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("counted_from", models.DateField()),
                (
                    "step",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Reminded for the first time"),
                            (2, "Reminded for the second time"),
                            (3, "Told that it is unconfirmed"),
                            (4, "Suspended"),
                        ]
                    ),
                ),
                ("told_on", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="ExclusiveGround",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=marketplace.core.ids.uuid7, editable=False, unique=True)),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("other_law", "Another law, or the agreement of the research, says so"),
                            ("nobody_asked", "Nobody asked for a non-exclusive licence in time"),
                            ("by_nature", "The nature of the technology leaves no other way"),
                        ],
                        max_length=20,
                        verbose_name="Ground",
                    ),
                ),
                ("text", models.TextField(max_length=2000, verbose_name="Explanation")),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ExclusivityTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=marketplace.core.ids.uuid7, editable=False, unique=True)),
                ("months", models.PositiveSmallIntegerField(verbose_name="Months")),
                ("decided_on", models.DateField(verbose_name="Decided on")),
                ("decided_by", models.CharField(max_length=100, verbose_name="Decided by")),
                ("document", models.CharField(max_length=300, verbose_name="Document")),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="NonExclusiveInterest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("request_id", models.UUIDField(unique=True)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="listing",
            name="listing_moves",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="listing",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="listing",
            name="delete_delete",
        ),
        migrations.RemoveConstraint(
            model_name="listing",
            name="listing_suspended_says_why",
        ),
        migrations.RemoveConstraint(
            model_name="listing",
            name="listing_closed_says_outcome",
        ),
        migrations.AddField(
            model_name="listing",
            name="outcome_on",
            field=models.DateField(blank=True, null=True, verbose_name="Ended on"),
        ),
        migrations.AddField(
            model_name="listing",
            name="suspended_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="without_right_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="listingevent",
            name="outcome_on",
            field=models.DateField(blank=True, null=True, verbose_name="Ended on"),
        ),
        migrations.AddField(
            model_name="listingevent",
            name="suspended_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="listingevent",
            name="without_right_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="listing",
            trigger=pgtrigger.compiler.Trigger(
                name="exclusive_has_ground",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.state = 'closed' AND NEW.outcome IN ('exclusive', 'assigned') AND (OLD.state, OLD.outcome) IS DISTINCT FROM (NEW.state, NEW.outcome))",
                    func="\n                    IF NOT EXISTS (SELECT FROM tech_listings_exclusiveground WHERE listing_id = NEW.id) THEN\n                        RAISE EXCEPTION 'what is licensed exclusively needs a ground';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="a3af1da70a175c2e23dcf073fa61f08a2bffad34",
                    operation="UPDATE",
                    pgid="pgtrigger_exclusive_has_ground_bf287",
                    table="tech_listings_listing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="listing",
            trigger=pgtrigger.compiler.Trigger(
                name="listing_moves",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:discarded,draft:published,draft:submitted,submitted:draft,submitted:in_review,submitted:withdrawn,in_review:draft,in_review:exempted,in_review:published,in_review:returned,in_review:withdrawn,returned:discarded,returned:submitted,exempted:submitted,published:closed,published:suspended,published:under_negotiation,published:withdrawn,under_negotiation:closed,under_negotiation:contracted,under_negotiation:published,under_negotiation:suspended,under_negotiation:withdrawn,contracted:closed,contracted:published,contracted:withdrawn,suspended:closed,suspended:published,suspended:withdrawn,withdrawn:published,withdrawn:submitted,closed:withdrawn}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="a6ab7cabeed3491ce4cb18aaa7eb1a6661e1e5d6",
                    operation="UPDATE",
                    pgid="pgtrigger_listing_moves_82faa",
                    table="tech_listings_listing",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="listing",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "tech_listings_listingevent" ("closed_at", "conditions_of_use", "confidential_reason", "confidential_text", "confirmed_on", "created_at", "created_by_id", "deal_kinds", "effect", "exempted_until", "field_of_use", "holder_id", "id", "ipc_codes", "ipc_prefixes", "keywords", "ksic_code", "number", "outcome", "outcome_on", "outcome_text", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_won", "problem", "public_id", "raw_hash", "registered_at", "reviewed_at", "revision", "right_summary", "source_id", "source_key", "st_class", "state", "summary_en", "summary_ko", "summary_zh", "suspended_at", "suspended_by_id", "suspended_for", "suspended_text", "title_en", "title_ko", "title_zh", "trl", "updated_at", "value_en", "value_ko", "value_zh", "withdrawn_at", "withdrawn_reason", "without_right_at") VALUES (OLD."closed_at", OLD."conditions_of_use", OLD."confidential_reason", OLD."confidential_text", OLD."confirmed_on", OLD."created_at", OLD."created_by_id", OLD."deal_kinds", OLD."effect", OLD."exempted_until", OLD."field_of_use", OLD."holder_id", OLD."id", OLD."ipc_codes", OLD."ipc_prefixes", OLD."keywords", OLD."ksic_code", OLD."number", OLD."outcome", OLD."outcome_on", OLD."outcome_text", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."price_won", OLD."problem", OLD."public_id", OLD."raw_hash", OLD."registered_at", OLD."reviewed_at", OLD."revision", OLD."right_summary", OLD."source_id", OLD."source_key", OLD."st_class", OLD."state", OLD."summary_en", OLD."summary_ko", OLD."summary_zh", OLD."suspended_at", OLD."suspended_by_id", OLD."suspended_for", OLD."suspended_text", OLD."title_en", OLD."title_ko", OLD."title_zh", OLD."trl", OLD."updated_at", OLD."value_en", OLD."value_ko", OLD."value_zh", OLD."withdrawn_at", OLD."withdrawn_reason", OLD."without_right_at"); RETURN NULL;',
                    hash="4dd01d9ae1aaae1f45bbad149c757645e01b19ac",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_cb440",
                    table="tech_listings_listing",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="listing",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "tech_listings_listingevent" ("closed_at", "conditions_of_use", "confidential_reason", "confidential_text", "confirmed_on", "created_at", "created_by_id", "deal_kinds", "effect", "exempted_until", "field_of_use", "holder_id", "id", "ipc_codes", "ipc_prefixes", "keywords", "ksic_code", "number", "outcome", "outcome_on", "outcome_text", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_won", "problem", "public_id", "raw_hash", "registered_at", "reviewed_at", "revision", "right_summary", "source_id", "source_key", "st_class", "state", "summary_en", "summary_ko", "summary_zh", "suspended_at", "suspended_by_id", "suspended_for", "suspended_text", "title_en", "title_ko", "title_zh", "trl", "updated_at", "value_en", "value_ko", "value_zh", "withdrawn_at", "withdrawn_reason", "without_right_at") VALUES (OLD."closed_at", OLD."conditions_of_use", OLD."confidential_reason", OLD."confidential_text", OLD."confirmed_on", OLD."created_at", OLD."created_by_id", OLD."deal_kinds", OLD."effect", OLD."exempted_until", OLD."field_of_use", OLD."holder_id", OLD."id", OLD."ipc_codes", OLD."ipc_prefixes", OLD."keywords", OLD."ksic_code", OLD."number", OLD."outcome", OLD."outcome_on", OLD."outcome_text", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."price_won", OLD."problem", OLD."public_id", OLD."raw_hash", OLD."registered_at", OLD."reviewed_at", OLD."revision", OLD."right_summary", OLD."source_id", OLD."source_key", OLD."st_class", OLD."state", OLD."summary_en", OLD."summary_ko", OLD."summary_zh", OLD."suspended_at", OLD."suspended_by_id", OLD."suspended_for", OLD."suspended_text", OLD."title_en", OLD."title_ko", OLD."title_zh", OLD."trl", OLD."updated_at", OLD."value_en", OLD."value_ko", OLD."value_zh", OLD."withdrawn_at", OLD."withdrawn_reason", OLD."without_right_at"); RETURN NULL;',
                    hash="2f662e3f73c53e090e1f8177a6321b9cdfd1d98d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_bc03d",
                    table="tech_listings_listing",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="confirmationreminder",
            name="listing",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="reminder", to="tech_listings.listing"
            ),
        ),
        migrations.AddField(
            model_name="exclusiveground",
            name="listing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="grounds", to="tech_listings.listing"
            ),
        ),
        migrations.AddField(
            model_name="exclusiveground",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="exclusivityterm",
            name="listing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="terms", to="tech_listings.listing"
            ),
        ),
        migrations.AddField(
            model_name="exclusivityterm",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="nonexclusiveinterest",
            name="listing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="tech_listings.listing"
            ),
        ),
        migrations.AddConstraint(
            model_name="confirmationreminder",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", [1, 2, 3, 4])), name="confirmation_step_known"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="confirmationreminder",
            trigger=pgtrigger.compiler.Trigger(
                name="no_step_back",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.counted_from = NEW.counted_from AND OLD.step > NEW.step)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a4f2b8b1ef93a0d7af1d5042eb9d44470fd2608c",
                    operation="UPDATE",
                    pgid="pgtrigger_no_step_back_879fe",
                    table="tech_listings_confirmationreminder",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusiveground",
            constraint=models.CheckConstraint(
                condition=models.Q(("ground__in", ["other_law", "nobody_asked", "by_nature"])),
                name="exclusive_ground_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusiveground",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="exclusive_ground_says_why"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="exclusiveground",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a0464668769205fb6db441b5b506ae2b84d04b12",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_db234",
                    table="tech_listings_exclusiveground",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="exclusivityterm",
            index=models.Index(fields=["listing", "recorded_at"], name="term_of_listing"),
        ),
        migrations.AddConstraint(
            model_name="exclusivityterm",
            constraint=models.CheckConstraint(
                condition=models.Q(("months__gte", 6), ("months__lte", 12)), name="exclusivity_term_6_to_12"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusivityterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by", ""), _negated=True), models.Q(("document", ""), _negated=True)
                ),
                name="exclusivity_term_says_who",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="exclusivityterm",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="007f68b130ffc23e26098fc46abf8a7c8ef3a2dc",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f30bd",
                    table="tech_listings_exclusivityterm",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="nonexclusiveinterest",
            index=models.Index(fields=["listing", "asked_at"], name="interest_of_listing"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="nonexclusiveinterest",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1ece12b353f30039dd23b6c3e1232b98118b3df7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_0e67a",
                    table="tech_listings_nonexclusiveinterest",
                    when="BEFORE",
                ),
            ),
        ),
    ]
