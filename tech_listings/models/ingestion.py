import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings.enums import OPEN_RUN_STATES, RUN_STATES, DealKind, ImportTarget, RowAction, RunKind, RunState
from tech_listings.querysets import RunQuerySet, SourceQuerySet


def default_deal_kinds() -> list[str]:
    """The non-exclusive licence is the principle (Decree art. 26(4))."""
    return [DealKind.NON_EXCLUSIVE_LICENCE.value]


def upload_path(run: "Run", name: str) -> str:
    """Nothing of the given name: it may hold anything."""
    return f"imports/{run.public_id}"


class PlainTextField(models.TextField):
    """Text that lives for minutes: PostgreSQL is told not to spend time on compressing it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text STORAGE EXTERNAL"

    def cast_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text"


class Source(PublicId, TimeStamped):
    """Where an institute's records come from: a file it exports again and again, or a feed.

    `mapping` is what was chosen last for its columns. `deal_kinds` and `conditions_of_use` stand in for rows that say
    nothing about them, because the Decree wants both (art. 9(3)). `applied` counts the runs applied: a difference that
    was made before the last of them is stale.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(_("Source"), max_length=120)
    target = models.CharField(
        _("What its files hold"), max_length=10, choices=ImportTarget, default=ImportTarget.LISTINGS
    )
    mapping = models.JSONField(default=dict, blank=True)
    deal_kinds = ArrayField(
        models.CharField(max_length=30, choices=DealKind),
        verbose_name=_("Deal types where the file says nothing"),
        default=default_deal_kinds,
    )
    conditions_of_use = models.TextField(
        _("Conditions of use where the file says nothing"), max_length=5_000, blank=True
    )
    applied = models.PositiveIntegerField(default=0, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "target", "name"], name="one_source_per_name"),
            models.CheckConstraint(name="source_target_known", condition=Q(target__in=ImportTarget.values)),
            models.CheckConstraint(
                name="source_deal_kinds_known", condition=Q(deal_kinds__contained_by=DealKind.values)
            ),
            models.CheckConstraint(name="source_offers_something", condition=~Q(deal_kinds=[])),
        ]

    def __str__(self) -> str:
        return self.name


class Run(PublicId, TimeStamped):
    """One file on its way into a source: received → compared (dry run) → applied. States: `enums.RUN_STATES`.

    `columns` is what the mapping page offers: a list of {name, samples}. Counts are of rows; `drafts` of those added
    lack a summary and are not published. `lost_keys` counts refused rows whose number could not be read, `secret` those
    that put a project out of everybody's sight.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(_("State"), max_length=20, choices=RunState, default=RunState.RECEIVED)
    kind = models.CharField(_("What the file is"), max_length=20, choices=RunKind, default=RunKind.ADDITIONS)

    file = models.FileField(upload_to=upload_path, max_length=200)
    file_name = models.CharField(_("File"), max_length=255)
    file_size = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=64)
    format = models.CharField(_("Format"), max_length=10, blank=True)
    encoding = models.CharField(_("Encoding"), max_length=40, blank=True)
    delimiter = models.CharField(_("Delimiter"), max_length=1, blank=True)
    header_row = models.PositiveIntegerField(default=0)
    columns = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(default=dict, blank=True)

    rows_read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    drafts = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    lost_keys = models.PositiveIntegerField(default=0)
    secret = models.PositiveIntegerField(default=0)
    planned_against = models.PositiveIntegerField(default=0, editable=False)

    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    problem_code = models.CharField(max_length=40, blank=True, editable=False)
    problem_detail = models.JSONField(default=dict, blank=True, editable=False)

    uploaded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="run_state_known", condition=Q(state__in=RunState.values)),
            models.CheckConstraint(name="run_kind_known", condition=Q(kind__in=RunKind.values)),
            models.CheckConstraint(
                name="run_approved_pair",
                condition=Q(approved_at__isnull=False) | Q(approved_by__isnull=True),
            ),
            models.CheckConstraint(
                name="run_applying_was_approved",
                condition=~Q(state__in=[RunState.APPLYING, RunState.APPLIED]) | Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="run_applied_says_when",
                condition=Q(state=RunState.APPLIED, applied_at__isnull=False)
                | (~Q(state=RunState.APPLIED) & Q(applied_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_failed_says_why", condition=~Q(state=RunState.FAILED) | ~Q(problem_code="")
            ),
            models.UniqueConstraint(
                fields=["source"], name="one_run_applied_at_a_time", condition=Q(state=RunState.APPLYING)
            ),
            models.UniqueConstraint(
                fields=["source", "checksum", "kind"],
                name="one_open_run_per_file",
                condition=Q(state__in=OPEN_RUN_STATES),
            ),
        ]
        indexes = [models.Index(F("source"), F("id").desc(), name="run_newest_of_source")]
        triggers = [pgtrigger.FSM(name="run_moves", field="state", transitions=RUN_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_RUN_STATES

    @property
    def is_working(self) -> bool:
        """Something happens to it without anybody doing anything: pages ask again."""
        return self.state in {RunState.PLANNING, RunState.APPLYING}

    @property
    def to_do(self) -> int:
        """Rows that applying writes."""
        return self.added + self.changed + self.withdrawn


class RunRow(models.Model):
    """A row of the file that is not simply unchanged, as the dry run found it.

    `problems`: see `ingest.problems.RowProblem.as_json`. `changes`: list of [field, old, new] as shown. `cells`: the
    original cells of a refused row, for the file of errors. `subject_id`: the row of what the target writes.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rows", db_index=False)
    row = models.PositiveIntegerField()
    action = models.CharField(max_length=10, choices=RowAction)
    key = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=500, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    problems = models.JSONField(null=True, blank=True)
    changes = models.JSONField(null=True, blank=True)
    cells = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="run_row_action_known", condition=Q(action__in=RowAction.values))]
        indexes = [models.Index(fields=["run", "action", "row"], name="run_row_by_action")]

    def __str__(self) -> str:
        return f"{self.row}: {self.action} {self.key}"

    @property
    def key_text(self) -> str:
        """The number or identifier without the letter that says which of them it is."""
        return self.key.partition(":")[2]


class RunBatch(models.Model):
    """A few hundred planned writes, done in one transaction by whichever worker takes it; `work` is emptied then.

    `publishes` of them need a listing number; approving the run sets `first_number` and the following ones aside.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches", db_index=False)
    position = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    publishes = models.PositiveIntegerField(default=0)
    numbers_year = models.PositiveSmallIntegerField(null=True, blank=True)
    first_number = models.PositiveIntegerField(null=True, blank=True)
    work = PlainTextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="run_batch_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"
