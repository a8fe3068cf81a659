"""The search over everything: what each app finds by its own search and shows by its own rule, in groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts.models import User
from brokers.filters.register import RegisterFilter
from brokers.models import Registration
from marketplace.core.pagination import CEILING, bounded_count, count_text, has_more
from marketplace.core.text import tidy
from matching.filters import NeedFilter
from matching.models import Need
from portal.wording import help as help_pages
from programmes.filters.calls import CallFilter
from programmes.models import Call
from tech_listings.models import Listing
from tech_listings.results import search as search_technologies

SHOWN = 5
LONGEST = 200
"""Characters that are looked for. The page of technologies takes whole descriptions."""


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind: `hits` are the first of `count`; all of them stand at `url`."""

    key: str
    label: str
    hits: list[Hit]
    count: int
    has_more: bool
    url: str

    @property
    def count_text(self) -> str:
        return count_text(min(self.count, CEILING), more=self.has_more)


def asked(text: str) -> str:
    """The words as they are looked for: in one line, without what no text holds, at most `LONGEST`."""
    return " ".join(tidy(text.replace("\x00", " ")).split())[:LONGEST].strip()


def search(text: str, user: User | AnonymousUser) -> list[Group]:
    """Groups that hold something, in the order of the page. Nothing asked for, nothing found."""
    words = asked(text)
    if not words:
        return []
    makers = (_technologies, _needs, _brokers, _calls, _help)
    return [group for make in makers if (group := make(words, user)) and group.hits]


def _technologies(words: str, user: User | AnonymousUser) -> Group:
    language = get_language() or "ko"
    rows = search_technologies({"q": words}).rows
    hits = [
        Hit(each.text_in("title", language), _address(each), each.holder.name_in(language)) for each in rows[:SHOWN]
    ]
    return _group("technologies", _("Technologies"), rows, hits, reverse("tech_listings:list"), words)


def _needs(words: str, user: User | AnonymousUser) -> Group | None:
    if not user.is_authenticated:
        return None
    rows = NeedFilter({"q": words}, Need.objects.shown_to(user).open().for_list()).qs
    hits = [Hit(each.title, reverse("matching:need", args=[each.public_id]), each.number) for each in rows[:SHOWN]]
    return _group("needs", _("Needs of firms"), rows, hits, reverse("matching:needs"), words)


def _brokers(words: str, user: User | AnonymousUser) -> Group:
    rows = RegisterFilter({"q": words}, Registration.objects.visible_to(user).listed().for_register()).qs
    hits = [
        Hit(each.display_name, reverse("brokers:broker", args=[each.number]), each.get_kind_display())
        for each in rows[:SHOWN]
    ]
    return _group("brokers", _("Brokers"), rows, hits, reverse("brokers:register"), words)


def _calls(words: str, user: User | AnonymousUser) -> Group:
    # As on the page of calls: what was published. Officers have drafts on a page of their own.
    published = Call.objects.visible_to(user).published()
    rows = CallFilter({"q": words}, published.for_list()).qs
    hits = [
        Hit(each.title, reverse("programmes:call", args=[each.public_id]), each.office.display_name)
        for each in rows[:SHOWN]
    ]
    return _group("calls", pgettext("programmes", "Calls"), rows, hits, reverse("programmes:calls"), words)


def _help(words: str, user: User | AnonymousUser) -> Group:
    found = list(help_pages.find(words))
    hits = [
        Hit(str(each.task.title), f"{_role(each.role.key)}#{each.task.key}", str(each.role.title))
        for each in found[:SHOWN]
    ]
    return Group("help", _("Help"), hits, len(found), False, reverse("portal:help"))


def _address(listing: Listing) -> str:
    return reverse("tech_listings:detail", args=[listing.reference])


def _role(key: str) -> str:
    return reverse("portal:help_role", args=[key])


def _group(key: str, label: str, rows: QuerySet[Any] | Sequence[Any], hits: list[Hit], page: str, words: str) -> Group:
    count = bounded_count(rows)
    return Group(key, label, hits, count, has_more(rows, count), f"{page}?{urlencode({'q': words})}")
