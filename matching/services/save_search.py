from dataclasses import asdict, dataclass, fields
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from marketplace.core.errors import Conflict, DomainError
from marketplace.core.text import tidy
from matching.enums import AlertRate, SearchState
from matching.models import AlertBox, SavedSearch
from matching.services.catch import ESTIMATE_CEILING, caught_lately
from matching.services.compile_search import VERSION, Asked, Compiled, compiled, read_query
from matching.services.search_rate import no_news_any_more
from tech_listings.search.synonyms import state_of_synonyms

MOST_SEARCHES = 100
MANY_A_MONTH = 300
NAME_MAX = 120
AT_ONE_GO = 2_000
logger = structlog.get_logger(__name__)


class TooManySearches(Conflict):
    code = "too_many_saved_searches"


@dataclass(frozen=True)
class Saved:
    search: SavedSearch
    is_new: bool


@dataclass(frozen=True)
class Outlook:
    """What saving a search would mean: how many listings it caught in the last 30 days; name and rate to begin with."""

    asked: Asked
    a_month: int
    name: str
    rate: AlertRate

    @property
    def is_common(self) -> bool:
        return self.a_month > MANY_A_MONTH

    @property
    def a_month_text(self) -> str:
        return f"{self.a_month:,}{'+' if self.a_month >= ESTIMATE_CEILING else ''}"


def outlook(*, query: str, at: datetime) -> Outlook:
    """What would come of saving `query`, a query string of the search page. Raises what `save_search` raises of it."""
    asked = read_query(query)
    a_month = caught_lately(compiled(asked), at=at)
    rate = AlertRate.WEEKLY if a_month > MANY_A_MONTH else AlertRate.DAILY
    return Outlook(asked, a_month, name_for(asked), rate)


def name_for(asked: Asked) -> str:
    """A name from the words, else from the filters."""
    parts = [asked.words] if asked.words else [", ".join(values) for _label, values in asked.chosen]
    name = " · ".join(parts)
    return name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 1]}…"


@transaction.atomic
def save_search(*, query: str, name: str, rate: str, by: User, at: datetime) -> Saved:
    """Keep a search for `by` and hear of what it catches from now on.

    The same query twice is the same search; name, rate and that it is wanted are then what was said last, and what it
    found while it was paused or without mail is not news. Holds the
    person's alert box, so that two at once do not pass the ceiling.
    """
    asked = read_query(query)
    question = compiled(asked)
    rate = checked_rate(rate)
    name = checked_name(name or name_for(asked))
    AlertBox.objects.bulk_create([AlertBox(user=by)], ignore_conflicts=True)
    AlertBox.objects.select_for_update().get(pk=by.pk)

    earlier = SavedSearch.objects.select_for_update().filter(owner=by, query=asked.query).first()
    if earlier is None and SavedSearch.objects.filter(owner=by).count() >= MOST_SEARCHES:
        raise TooManySearches(
            _("You have %(most)d saved searches. Delete one that you no longer need.") % {"most": MOST_SEARCHES}
        )
    if earlier and (earlier.state == SearchState.PAUSED or earlier.rate == AlertRate.OFF):
        no_news_any_more(earlier)
    search = earlier or SavedSearch(owner=by, query=asked.query)
    search.name, search.rate = name, rate
    search.state, search.paused_at = SearchState.ACTIVE, None
    search.opened_at, search.asked_at = at, None
    _write(search, question)
    search.save()
    return Saved(search, earlier is None)


COMPILED = [*(column.name for column in fields(Compiled)), "analyser", "synonyms"]


def _write(search: SavedSearch, question: Compiled) -> None:
    for column, value in asdict(question).items():
        setattr(search, column, list(value) if isinstance(value, tuple) else value)
    search.analyser, search.synonyms = VERSION, state_of_synonyms()


def to_be_compiled() -> list[int]:
    """Searches that were compiled by an older version, or with other synonyms."""
    rows = SavedSearch.objects.exclude(analyser=VERSION, synonyms=state_of_synonyms())
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONE_GO])


@transaction.atomic
def compile_again(*, search_id: int) -> bool:
    """Make the columns anew from the query. Where a filter has gone meanwhile, the search stays as it was."""
    search = SavedSearch.objects.select_for_update(skip_locked=True).filter(pk=search_id).first()
    now = state_of_synonyms()
    if search is None or (search.analyser, search.synonyms) == (VERSION, now):
        return False
    try:
        _write(search, compiled(read_query(search.query)))
    except DomainError as error:
        logger.warning("search_not_compiled", search=str(search.public_id), why=str(error))
        search.analyser, search.synonyms = VERSION, now
    search.save(update_fields=COMPILED)
    return True


def checked_rate(rate: str) -> AlertRate:
    if rate not in AlertRate.values:
        raise DomainError(_("Choose how often mail may come."), field="rate")
    return AlertRate(rate)


def checked_name(name: str) -> str:
    tidied = " ".join(tidy(name).split())
    if not tidied:
        raise DomainError(_("Give the search a name."), field="name")
    if len(tidied) > NAME_MAX:
        raise DomainError(_("At most %(most)d characters.") % {"most": NAME_MAX}, field="name")
    return tidied
