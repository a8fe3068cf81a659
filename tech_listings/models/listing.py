from datetime import date

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from tech_listings import clocks
from tech_listings.enums import (
    EXCLUSIVE_OUTCOMES,
    LISTING_STATES,
    ON_OFFER_STATES,
    PUBLIC_STATES,
    SHOWN_STATES,
    DealKind,
    ListingState,
    Outcome,
    RightKind,
    RightStatus,
    RightSummary,
    SuspendedFor,
)
from tech_listings.models.ingestion import Source
from tech_listings.numbers import show_application_number, show_registration_number
from tech_listings.querysets import ListingQuerySet, is_public_sql

_EXCLUSIVE = ", ".join(f"'{outcome.value}'" for outcome in EXCLUSIVE_OUTCOMES)


class ListingText(models.Model):
    """What a listing says, in up to three languages. Korean or English title must be there."""

    title_ko = models.CharField(_("Technology title (Korean)"), max_length=500, blank=True)
    title_en = models.CharField(_("Technology title (English)"), max_length=500, blank=True)
    title_zh = models.CharField(_("Technology title (Chinese)"), max_length=500, blank=True)
    value_ko = models.CharField(_("Value in one sentence (Korean)"), max_length=300, blank=True)
    value_en = models.CharField(_("Value in one sentence (English)"), max_length=300, blank=True)
    value_zh = models.CharField(_("Value in one sentence (Chinese)"), max_length=300, blank=True)
    summary_ko = models.TextField(_("Summary (Korean)"), max_length=10_000, blank=True)
    summary_en = models.TextField(_("Summary (English)"), max_length=10_000, blank=True)
    summary_zh = models.TextField(_("Summary (Chinese)"), max_length=10_000, blank=True)
    problem = models.TextField(_("Problem it solves"), max_length=5_000, blank=True)
    effect = models.TextField(_("Better than what, by how much"), max_length=5_000, blank=True)
    field_of_use = models.TextField(_("Field of use"), max_length=5_000, blank=True)
    conditions_of_use = models.TextField(_("Conditions of use"), max_length=5_000, blank=True)
    keywords = ArrayField(models.CharField(max_length=60), verbose_name=_("Keywords"), default=list, blank=True)

    class Meta:
        abstract = True

    def text_in(self, part: str, language: str) -> str:
        """`part` (title, value or summary) in `language`, else in the language that has it."""
        wanted = {"ko": "ko", "en": "en", "zh": "zh"}.get(language[:2], "ko")
        for code in dict.fromkeys((wanted, "en" if wanted == "zh" else "ko", "ko", "en", "zh")):
            if text := getattr(self, f"{part}_{code}"):
                return text
        return ""


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Listing(PublicId, TimeStamped, ListingText):
    """A technology a holder offers. Law hangs on `registered_at` (Decree art. 26(4)): written once, which
    triggers of the migration `registered_once` keep on every path.

    `price_won` is the holder's wish in won; empty means to be agreed, 0 means free of charge.
    `ipc_prefixes` and `right_summary` are derived by `services.derive` and never typed. `suspended_by` is the officer
    who suspended it, empty where its own rights or periods did. `without_right_at`: since then the holder offers it
    without the right that lapsed.
    """

    holder = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="listings", verbose_name=_("Holder")
    )
    number = models.CharField(_("Listing number"), max_length=11, unique=True, null=True, blank=True)
    state = models.CharField(_("State"), max_length=20, choices=ListingState, default=ListingState.DRAFT)
    revision = models.PositiveIntegerField(default=1)

    trl = models.PositiveSmallIntegerField(_("Technology readiness level"), null=True, blank=True)
    ipc_codes = ArrayField(models.CharField(max_length=20), verbose_name=_("IPC"), default=list, blank=True)
    ipc_prefixes = ArrayField(models.CharField(max_length=4), default=list, blank=True, editable=False)
    st_class = models.CharField(_("Science and technology class"), max_length=6, blank=True)
    ksic_code = models.CharField(_("Industry (KSIC)"), max_length=5, blank=True)
    deal_kinds = ArrayField(
        models.CharField(max_length=30, choices=DealKind), verbose_name=_("Desired deal type"), default=list, blank=True
    )
    price_won = models.PositiveBigIntegerField(_("Price wish (won)"), null=True, blank=True)
    right_summary = models.CharField(max_length=20, choices=RightSummary, default=RightSummary.NONE, editable=False)

    confidential_text = models.TextField(_("Confidential part"), max_length=10_000, blank=True)
    confidential_reason = models.CharField(_("Why it is closed"), max_length=300, blank=True)

    registered_at = models.DateTimeField(_("Registered"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField(_("Reason for withdrawal"), max_length=300, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_for = models.CharField(_("Suspended because"), max_length=20, choices=SuspendedFor, blank=True)
    suspended_text = models.CharField(_("Explanation"), max_length=300, blank=True)
    suspended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    without_right_at = models.DateTimeField(null=True, blank=True, editable=False)
    exempted_until = models.DateField(_("Not disclosed until"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = models.CharField(pgettext_lazy("technology", "Outcome"), max_length=20, choices=Outcome, blank=True)
    outcome_text = models.CharField(_("About the outcome"), max_length=300, blank=True)
    outcome_on = models.DateField(_("Ended on"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("Looked at by an officer"), null=True, blank=True, editable=False)
    confirmed_on = models.DateField(_("Confirmed available on"), null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    source_key = models.CharField(max_length=120, blank=True)
    raw_hash = models.CharField(max_length=32, blank=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="listing_state_known", condition=Q(state__in=ListingState.values)),
            models.CheckConstraint(
                name="listing_right_summary_known", condition=Q(right_summary__in=RightSummary.values)
            ),
            models.CheckConstraint(
                name="listing_trl_1_to_9", condition=Q(trl__isnull=True) | Q(trl__gte=1, trl__lte=9)
            ),
            models.CheckConstraint(
                name="listing_deal_kinds_known", condition=Q(deal_kinds__contained_by=DealKind.values)
            ),
            models.CheckConstraint(name="listing_has_a_title", condition=~Q(title_ko="") | ~Q(title_en="")),
            models.CheckConstraint(
                name="listing_registered_with_number",
                condition=Q(number__isnull=True, registered_at__isnull=True)
                | Q(number__regex=r"^S(19|20)[0-9]{8}$", registered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="listing_public_is_registered_and_offered",
                condition=~Q(state__in=PUBLIC_STATES) | (Q(registered_at__isnull=False) & ~Q(deal_kinds=[])),
            ),
            models.CheckConstraint(
                name="listing_withdrawn_says_when",
                condition=Q(state=ListingState.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(state=ListingState.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="listing_suspended_says_why",
                condition=Q(state=ListingState.SUSPENDED, suspended_at__isnull=False, suspended_for__in=SuspendedFor)
                | (
                    ~Q(state=ListingState.SUSPENDED)
                    & Q(suspended_at__isnull=True, suspended_for="", suspended_by__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="listing_exempted_says_until",
                condition=Q(state=ListingState.EXEMPTED, exempted_until__isnull=False)
                | (~Q(state=ListingState.EXEMPTED) & Q(exempted_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="listing_closed_says_outcome",
                condition=Q(
                    state=ListingState.CLOSED, closed_at__isnull=False, outcome__in=Outcome, outcome_on__isnull=False
                )
                | (~Q(state=ListingState.CLOSED) & Q(closed_at__isnull=True, outcome="", outcome_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="listing_source_has_key",
                condition=Q(source__isnull=True, source_key="") | (Q(source__isnull=False) & ~Q(source_key="")),
            ),
            models.UniqueConstraint(
                fields=["source", "source_key"], name="listing_once_per_source_key", condition=Q(source__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                F("registered_at").desc(),
                F("id").desc(),
                name="listing_newest",
                condition=Q(state__in=PUBLIC_STATES),
            ),
            models.Index(
                fields=["registered_at", "id"],
                name="listing_not_looked_at",
                condition=Q(state__in=PUBLIC_STATES, reviewed_at__isnull=True),
            ),
            models.Index(fields=["holder", "state"], name="listing_of_holder"),
            models.Index(
                fields=["number"],
                name="listing_hidden_numbers",
                condition=Q(number__isnull=False) & ~Q(state__in=SHOWN_STATES),
            ),
            models.Index(
                fields=["holder", "confirmed_on"],
                name="listing_to_confirm",
                condition=Q(state__in=ON_OFFER_STATES),
            ),
            GinIndex(fields=["ipc_prefixes"], name="listing_ipc", condition=Q(state__in=PUBLIC_STATES)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="exclusive_has_ground",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"NEW.state = 'closed' AND NEW.outcome IN ({_EXCLUSIVE})"
                    " AND (OLD.state, OLD.outcome) IS DISTINCT FROM (NEW.state, NEW.outcome)"
                ),
                func="""
                    IF NOT EXISTS (SELECT FROM tech_listings_exclusiveground WHERE listing_id = NEW.id) THEN
                        RAISE EXCEPTION 'what is licensed exclusively needs a ground';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.FSM(name="listing_moves", field="state", transitions=LISTING_STATES.pairs()),
            pgtrigger.Trigger(
                name="document_follows_state",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                # Only where it differs: each write costs index entries.
                func=f"""
                    UPDATE tech_listings_listingdocument SET is_public = NOT is_public
                    WHERE listing_id = NEW.id AND is_public <> ({is_public_sql("NEW.state")});
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or '–'} {self.title_ko or self.title_en}"

    @property
    def reference(self) -> str:
        """What stands in its address: the number once it has one, before that the public id."""
        return self.number or str(self.public_id)

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC_STATES

    @property
    def counted_from(self) -> date | None:
        """The day from which its confirmation counts; the day of its registration where nobody confirmed it since."""
        return self.confirmed_on or (timezone.localdate(self.registered_at) if self.registered_at else None)

    @property
    def confirm_by(self) -> date | None:
        """The last day on which it counts as confirmed; None for what is not on offer."""
        start = self.counted_from
        return clocks.confirm_by(start) if start and self.state in ON_OFFER_STATES else None

    def is_unconfirmed_on(self, day: date) -> bool:
        """Whether the holder has let the period pass. Asked and never stored."""
        return self.confirm_by is not None and self.confirm_by < day

    @property
    def deal_kind_labels(self) -> list[str]:
        return [str(DealKind(kind).label) for kind in self.deal_kinds]


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Right(PublicId, TimeStamped):
    """An intellectual property right of a listing. Korean numbers are stored as the 13 digits of the register."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="rights")
    kind = models.CharField(_("Kind"), max_length=20, choices=RightKind, default=RightKind.PATENT)
    country = models.CharField(_("Country"), max_length=2, default="KR")
    title = models.CharField(_("Title of the invention"), max_length=500, blank=True)
    application_number = models.CharField(_("Application number"), max_length=40, blank=True)
    application_on = models.DateField(_("Filed on"), null=True, blank=True)
    publication_number = models.CharField(_("Publication number"), max_length=40, blank=True)
    publication_on = models.DateField(_("Published on"), null=True, blank=True)
    registration_number = models.CharField(_("Registration number"), max_length=40, blank=True)
    registration_on = models.DateField(_("Registered on"), null=True, blank=True)
    status = models.CharField(_("Status"), max_length=20, choices=RightStatus, default=RightStatus.APPLIED)
    expires_on = models.DateField(_("Expires on"), null=True, blank=True)
    applicants = models.CharField(_("Applicants"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="right_kind_known", condition=Q(kind__in=RightKind.values)),
            models.CheckConstraint(name="right_status_known", condition=Q(status__in=RightStatus.values)),
            models.UniqueConstraint(
                fields=["listing", "kind", "application_number"],
                name="right_once_per_listing",
                condition=~Q(application_number=""),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="right_ends", condition=Q(status=RightStatus.REGISTERED)),
            models.Index(fields=["application_number"], name="right_application"),
            models.Index(fields=["registration_number"], name="right_registration"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.registration_number or self.application_number}"

    @property
    def application_number_text(self) -> str:
        return show_application_number(self.application_number)

    @property
    def registration_number_text(self) -> str:
        return show_registration_number(self.registration_number)
