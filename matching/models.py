import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQueryField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from accounts.models import Organization, User
from marketplace.core.models import PublicId, TimeStamped
from matching.enums import (
    NEED_STATES,
    SEARCH_STATES,
    AlertRate,
    AnswerKind,
    NeedOutcome,
    NeedState,
    SearchState,
    WhyNot,
)
from matching.querysets import AnswerQuerySet, MatchQuerySet, NeedQuerySet, SavedSearchQuerySet
from tech_listings.models import Listing
from tech_listings.models.search import MEANING_DIMENSIONS, WeightsField

LONG_TEXT = 10_000

MATCHES_FROM = 40
"""The score from which a listing is a match of a need; chosen by looking, see `services.compile_need.question`."""

HOLDERS_HEAR_FROM = 55
"""Holders are told of better matches only, those that share words and meaning: worth opening, lessons F37."""


class Asking(models.Model):
    """What a need and a saved search have alike: the compiled question a listing is held against, and a rate.

    `candidates` are the terms of which a listing must have some; `weights` the query's half of BM25; `vector` its
    meaning. `full_score` is what a text that says it all would get. All are made by `services.compile_need` and
    `services.compile_search` from what people wrote; `analyser` tells with which version. `due_at` says that the
    question has still to be put to the listings that are there.
    """

    rate = models.CharField(_("Mail about new matches"), max_length=10, choices=AlertRate, default=AlertRate.DAILY)
    candidates = SearchQueryField(null=True, blank=True, editable=False)
    weights = WeightsField(null=True, blank=True, editable=False)
    full_score = models.FloatField(default=0, editable=False)
    vector = HalfVectorField(dimensions=MEANING_DIMENSIONS, null=True, blank=True, editable=False)
    analyser = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


@pghistory.track(
    pghistory.UpdateEvent(row=pghistory.Old),
    pghistory.DeleteEvent(),
    exclude=["candidates", "weights", "vector", "full_score", "analyser", "due_at", "words", "attempts"],
)
class Need(PublicId, TimeStamped, Asking):
    """A technology a firm looks for. Institutes and agencies answer with listings, or say that they have none.

    `is_anonymous` hides who asks from everybody but its own organization. `answer_by` is a day in Korea.
    `words` are pairs of a term's place in `weights` and the word that people read for it, the weightiest first.
    After a failed attempt to match it `due_at` lies ahead; `attempts` counts those in a row.
    """

    words = models.JSONField(default=list, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    number = models.CharField(_("Need number"), max_length=11, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="needs")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="needs")
    idempotency_key = models.UUIDField(null=True, blank=True, editable=False)
    title = models.CharField(_("What you look for, in one line"), max_length=200)
    problem = models.TextField(_("The problem to be solved"), max_length=LONG_TEXT)
    st_class = models.CharField(_("Science and technology class"), max_length=6, blank=True)
    trl_from = models.PositiveSmallIntegerField(_("TRL from"), null=True, blank=True)
    trl_to = models.PositiveSmallIntegerField(_("TRL to"), null=True, blank=True)
    region_code = models.CharField(_("Region"), max_length=10, blank=True)
    budget_won = models.PositiveBigIntegerField(_("Budget (won)"), null=True, blank=True)
    answer_by = models.DateField(_("Answer by"))
    is_anonymous = models.BooleanField(_("Do not show who asks"), default=False)

    state = models.CharField(_("State"), max_length=10, choices=NeedState, default=NeedState.OPEN)
    revision = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    outcome = models.CharField(_("Outcome"), max_length=20, choices=NeedOutcome, blank=True)
    closing_note = models.CharField(_("Note"), max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects = NeedQuerySet.as_manager()

    is_inside: bool
    shows_asker: bool
    """Where the row comes from `shown_to`."""

    class Meta:
        constraints = [
            models.CheckConstraint(name="need_state_known", condition=Q(state__in=NeedState.values)),
            models.CheckConstraint(name="need_rate_known", condition=Q(rate__in=AlertRate.values)),
            models.CheckConstraint(name="need_number_form", condition=Q(number__regex=r"^N(19|20)[0-9]{8}$")),
            models.CheckConstraint(name="need_says_what", condition=~Q(title="") & ~Q(problem="")),
            models.CheckConstraint(
                name="need_trl_1_to_9",
                condition=(Q(trl_from__isnull=True) | Q(trl_from__gte=1, trl_from__lte=9))
                & (Q(trl_to__isnull=True) | Q(trl_to__gte=1, trl_to__lte=9))
                & (Q(trl_from__isnull=True) | Q(trl_to__isnull=True) | Q(trl_to__gte=F("trl_from"))),
            ),
            models.CheckConstraint(
                name="need_closed_says_how",
                condition=Q(state=NeedState.CLOSED, outcome__in=NeedOutcome.values, closed_at__isnull=False)
                | Q(
                    state=NeedState.OPEN,
                    outcome="",
                    closing_note="",
                    closed_at__isnull=True,
                    closed_by__isnull=True,
                ),
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="need_once_per_key",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(F("opened_at").desc(), F("id").desc(), name="need_newest", condition=Q(state="open")),
            models.Index(fields=["organization", "-created_at"], name="need_of_organization"),
            models.Index(fields=["answer_by"], name="need_answer_by", condition=Q(state="open")),
            models.Index(fields=["due_at"], name="need_due", condition=Q(due_at__isnull=False)),
        ]
        triggers = [pgtrigger.FSM(name="need_moves", field="state", transitions=NEED_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state == NeedState.OPEN


class NeedAnswer(PublicId):
    """What an institute or agency said to a need: this technology may fit, or that it has none. Written once."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="answers")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="need_answers")
    kind = models.CharField(max_length=20, choices=AnswerKind)
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="need_answers")
    text = models.TextField(_("Words to the firm"), max_length=2_000, blank=True)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="answer_kind_known", condition=Q(kind__in=AnswerKind.values)),
            models.CheckConstraint(
                name="answer_names_a_listing_or_none",
                condition=Q(kind=AnswerKind.LISTING, listing__isnull=False)
                | Q(kind=AnswerKind.NO_SUPPLY, listing__isnull=True),
            ),
            models.UniqueConstraint(fields=["need", "listing"], name="answer_once_per_listing"),
            models.UniqueConstraint(
                fields=["need", "organization"],
                name="no_supply_once_per_organization",
                condition=Q(kind=AnswerKind.NO_SUPPLY),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.need_id} {self.kind}"


class SavedSearch(PublicId, TimeStamped, Asking):
    """A search somebody wants to hear about. `query` is the query string of the search page; the address is the state.

    A listing matches when it passes the filters and has the words, or means the same (`services.catch`). What was
    compiled (`services.compile_search`) stands in columns, so that one question to the database holds a listing against
    all saved searches: `units` are tsqueries, one per word, `words` the same as people wrote them. `synonyms` tells
    with which state of the synonyms it was made.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(_("Name of the search"), max_length=120)
    query = models.TextField(max_length=20_000)
    state = models.CharField(_("State"), max_length=10, choices=SearchState, default=SearchState.ACTIVE)
    paused_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)

    units = ArrayField(models.TextField(), default=list, editable=False)
    words = ArrayField(models.TextField(), default=list, editable=False)
    units_needed = models.PositiveSmallIntegerField(default=0, editable=False)
    excluded = SearchQueryField(null=True, blank=True, editable=False)
    filters = models.JSONField(default=dict, editable=False)
    synonyms = models.CharField(max_length=60, default="", editable=False)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="saved_search_state_known", condition=Q(state__in=SearchState.values)),
            models.CheckConstraint(name="saved_search_rate_known", condition=Q(rate__in=AlertRate.values)),
            models.CheckConstraint(
                name="saved_search_paused_says_when",
                condition=Q(state=SearchState.PAUSED, paused_at__isnull=False)
                | Q(state=SearchState.ACTIVE, paused_at__isnull=True),
            ),
            # Of the digest, because an index takes no text of this length.
            models.UniqueConstraint(F("owner"), MD5(F("query")), name="saved_search_once"),
        ]
        indexes = [models.Index(fields=["opened_at"], name="saved_search_dormant", condition=Q(state="active"))]
        triggers = [pgtrigger.FSM(name="search_moves", field="state", transitions=SEARCH_STATES.pairs())]

    def __str__(self) -> str:
        return self.name


class Match(PublicId):
    """A listing that fits a need or a saved search, once per pair. `score` is 0 to 100; `reason` says why.

    `reason` holds `words` (the words both have) and `meaning` (similarity in percent, where that decided).
    `alerted_at` is set in the transaction that writes the message about it.
    """

    need = models.ForeignKey(Need, null=True, blank=True, on_delete=models.CASCADE, related_name="matches")
    saved_search = models.ForeignKey(
        SavedSearch, null=True, blank=True, on_delete=models.CASCADE, related_name="matches"
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="matches")
    score = models.PositiveSmallIntegerField()
    reason = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    is_news = models.BooleanField(default=True)
    alerted_at = models.DateTimeField(null=True, blank=True)
    why_not = models.CharField(_("Why it does not fit"), max_length=20, choices=WhyNot, blank=True)
    why_not_text = models.CharField(_("In your words"), max_length=300, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.CheckConstraint(
                name="match_of_need_or_search",
                condition=Q(need__isnull=False, saved_search__isnull=True)
                | Q(need__isnull=True, saved_search__isnull=False),
            ),
            models.CheckConstraint(name="match_score_percent", condition=Q(score__lte=100)),
            models.CheckConstraint(name="match_why_not_known", condition=Q(why_not="") | Q(why_not__in=WhyNot.values)),
            models.CheckConstraint(
                name="match_judged_says_why",
                condition=(Q(why_not="", why_not_text="", judged_at__isnull=True))
                | (~Q(why_not="") & Q(judged_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["need", "listing"], name="match_once_per_need", condition=Q(need__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["saved_search", "listing"],
                name="match_once_per_search",
                condition=Q(saved_search__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["need", "-score"], name="match_of_need", condition=Q(need__isnull=False)),
            models.Index(
                fields=["saved_search", "-found_at"], name="match_of_search", condition=Q(saved_search__isnull=False)
            ),
            models.Index(fields=["listing"], name="match_of_listing"),
            models.Index(
                fields=["saved_search", "need"],
                name="match_unannounced",
                condition=Q(alerted_at__isnull=True, is_news=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} for {self.need_id or self.saved_search_id}"


class ListingNews(models.Model):
    """A published listing that is new or changed and still has to be held against all needs and saved searches.

    Written in the transaction that published or changed it, and taken away in the one that wrote its matches: a lost
    worker or queue costs time, not matches. `by_words_at` says that it was held against them by its words alone,
    because its meaning was long in coming; the row then waits for the meaning. After a failed attempt `since` lies
    ahead. `of_import`: one of many that came at once; those wait for what somebody published by hand.
    """

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, primary_key=True, related_name="news")
    revision = models.PositiveIntegerField()
    since = models.DateTimeField()
    by_words_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    of_import = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "listing news"
        indexes = [models.Index(fields=["of_import", "since"], name="listing_news_in_turn")]

    def __str__(self) -> str:
        return f"{self.listing_id} r{self.revision}"


class Alerted(models.Model):
    """That a person was told of a listing: whatever search finds it next, it is not told again (lessons F35).

    For a year, see `services.prune`.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "alerted"
        constraints = [models.UniqueConstraint(fields=["user", "listing"], name="alerted_once")]
        indexes = [models.Index(fields=["at"], name="alerted_long_ago")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.listing_id}"


class AlertBox(models.Model):
    """The row one worker at a time holds while it gathers a person's alerts, and when each rate last had its turn."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="alert_box")
    daily_at = models.DateTimeField(null=True, blank=True)
    weekly_at = models.DateTimeField(null=True, blank=True)
    monthly_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "alert boxes"

    def __str__(self) -> str:
        return str(self.user_id)
