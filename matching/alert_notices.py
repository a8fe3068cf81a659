"""What people are told about what their searches and needs have found, and about searches that sleep.

The mail is made when it is sent (`compose`): what was withdrawn, or may no longer be seen, meanwhile is not in it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from matching.enums import AlertRate, NeedState, SearchState
from matching.models import Match, Need, SavedSearch
from notifications import registry
from notifications.mails import absolute
from notifications.models import Notification
from notifications.outbox import notify
from notifications.registry import OwnMail

ALERT = "search_alert"
SALT = "matching.alerts"
ITEMS_IN_A_MAIL = 20
NAMES_SHOWN = 10

Group = SavedSearch | Need
Key = tuple[str, int]
"""`savedsearch` or `need`, and its primary key."""


def searches_visible_to(user: User) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.visible_to(user)


def in_numbers(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inbox says for which searches, never which technologies: those may be closed again when it is read."""
    count, groups = params["count"], params["groups"]
    title = ngettext(
        "%(count)d new technology for your searches", "%(count)d new technologies for your searches", count
    )
    lines = [f"{group['name']} ({group['count']})" for group in groups[:NAMES_SHOWN]]
    if len(groups) > NAMES_SHOWN:
        lines.append("…")
    return {"title": title % {"count": count}, "body": "\n".join(lines)}


# --- alerts -----------------------------------------------------------------------------------------------------------


def found(*, user: User, groups: Sequence[tuple[Group, int]], matter: str, at: datetime) -> None:
    """One message about all that was found: `groups` are searches and needs with how many each, the most first.

    The technologies themselves are the matches of these groups that were alerted at `at`.
    """
    told = [
        {"kind": _kind(group), "id": str(group.public_id), "name": _name(group), "count": count}
        for group, count in groups
    ]
    only = groups[0][0] if len(groups) == 1 else None
    notify(
        users=[user],
        kind=ALERT,
        dedupe_key=f"{ALERT}:{matter}",
        params={"count": sum(count for _group, count in groups), "groups": told},
        url=_page(only) if only else reverse("matching:search_list"),
        target=(f"matching.{_kind(only)}", only.public_id) if only else None,
        at=at,
        scheduled=True,
    )


@dataclass(frozen=True)
class Item:
    title: str
    holder: str
    number: str
    reason: str
    link: str


@dataclass(frozen=True)
class Part:
    """What one search or need has found: `items` shown, `more` behind `link`."""

    name: str
    items: list[Item]
    more: int
    link: str


def compose(user: User, messages: list[Notification]) -> OwnMail | None:
    """One mail of all these messages, from what the person may see at this moment; None where nothing is left."""
    found = _still_announced(user, messages).best_first().values_list("pk", "saved_search", "need")
    count, by_group = 0, dict[Key, list[int]]()
    for pk, search, need in found.iterator(chunk_size=5_000):
        count += 1
        by_group.setdefault(("savedsearch", search) if search else ("need", need), []).append(pk)
    # The first of each before the second of any: a common search must not crowd out a rare one.
    shown = dict.fromkeys(by_group, 0)
    for key in _in_turns(by_group)[:ITEMS_IN_A_MAIL]:
        shown[key] += 1
    parts, named = _parts(user, by_group, shown)
    if not named:
        return None
    subject = ngettext(
        "%(count)d new technology for your searches", "%(count)d new technologies for your searches", count
    )
    return OwnMail(
        subject=subject % {"count": count},
        template="matching/mail/alert",
        context={
            "parts": parts,
            "elsewhere": sum(len(of) for key, of in by_group.items() if not shown[key]),
            "manage": absolute(reverse("matching:search_list")),
        },
        leave=reverse("matching:alerts_off", args=[leave_token(user, named)]),
    )


def _parts(user: User, by_group: Mapping[Key, list[int]], shown: Mapping[Key, int]) -> tuple[list[Part], list[Group]]:
    """What the mail names, with the searches and needs it names them for. Only that is read: of a broad search there
    may be thousands behind the link. What has gone since it was counted is left out."""
    keys = [key for key in by_group if shown[key]]
    groups: dict[Key, Group] = {}
    for kind, model in (("savedsearch", SavedSearch), ("need", Need)):
        rows = model.objects.defer("candidates", "weights", "vector").in_bulk([pk for of, pk in keys if of == kind])
        groups |= {(kind, pk): group for pk, group in rows.items()}
    wanted = [pk for key in keys for pk in by_group[key][: shown[key]]]
    matches = Match.objects.visible_to(user).best_first().in_bulk(wanted)
    named = {key: there for key in keys if (there := [pk for pk in by_group[key][: shown[key]] if pk in matches])}
    parts = [
        Part(
            name=_name(groups[key]),
            items=[_item(matches[pk]) for pk in there],
            more=len(by_group[key]) - shown[key],
            link=absolute(_page(groups[key])),
        )
        for key, there in named.items()
        if key in groups
    ]
    return parts, [groups[key] for key in named if key in groups]


def _in_turns(by_group: Mapping[Key, Sequence[int]]) -> list[Key]:
    """Each group once per match: all first ones, then all second ones …, as many as a mail names."""
    return [key for place in range(ITEMS_IN_A_MAIL) for key, of in by_group.items() if place < len(of)]


def _still_announced(user: User, messages: Iterable[Notification]) -> Any:
    wanted = Q(saved_search__state=SearchState.ACTIVE) & ~Q(saved_search__rate=AlertRate.OFF)
    wanted |= Q(need__state=NeedState.OPEN) & ~Q(need__rate=AlertRate.OFF)
    announced = Q(pk__in=[])
    for message in messages:
        ids: dict[str, list[str]] = {"savedsearch": [], "need": []}
        for group in message.params["groups"]:
            ids[group["kind"]].append(group["id"])
        of = Q(saved_search__public_id__in=ids["savedsearch"]) | Q(need__public_id__in=ids["need"])
        announced |= Q(of, alerted_at=message.created_at)
    return Match.objects.visible_to(user).wanted().filter(wanted, announced, is_news=True)


def _item(match: Match) -> Item:
    language = get_language() or "ko"
    listing = match.listing
    if match.saved_search_id:
        path = reverse("matching:search_match", args=[match.public_id])
    else:
        path = reverse("tech_listings:detail", args=[listing.reference])
    return Item(
        title=listing.text_in("title", language),
        holder=listing.holder.name_in(language),
        number=listing.number or "",
        reason=reason_text(match.reason),
        link=absolute(path),
    )


def reason_text(reason: Mapping[str, Any]) -> str:
    """Why a match is one, in the active language; the form of `reason` is that of `models.Match`."""
    words = ", ".join(reason.get("words") or [])
    if words and reason.get("meaning"):
        return gettext("Has: %(words)s. Similar meaning, %(percent)d %%.") % {
            "words": words,
            "percent": reason["meaning"],
        }
    if words:
        return gettext("Has: %(words)s.") % {"words": words}
    if reason.get("meaning"):
        return gettext("Similar meaning, %(percent)d %%.") % {"percent": reason["meaning"]}
    return gettext("Passes your filters.")


def _kind(group: Group) -> str:
    return "need" if isinstance(group, Need) else "savedsearch"


def _name(group: Group) -> str:
    return group.title if isinstance(group, Need) else group.name


def _page(group: Group) -> str:
    name = "matching:need" if isinstance(group, Need) else "matching:search_detail"
    return reverse(name, args=[group.public_id])


# --- the way out ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaving:
    user: User
    searches: list[UUID]
    needs: list[UUID]


def leave_token(user: User, groups: Iterable[Group]) -> str:
    """Says who and which searches and needs; it can only stop mail about them, so it does not run out.

    Short, as it stands in one line of a header: at most `ITEMS_IN_A_MAIL` groups are in a mail.
    """
    packed = [("n" if isinstance(group, Need) else "s") + _packed(group.public_id) for group in groups]
    return signing.dumps([_packed(user.public_id), *packed], salt=SALT)


def read_token(token: str) -> Leaving | None:
    """What a token of `leave_token` says; None if it is not genuine or the person is gone."""
    try:
        who, *groups = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(public_id=_unpacked(who)).first()
    if user is None:
        return None
    ids = {kind: [_unpacked(group[1:]) for group in groups if group[0] == kind] for kind in "sn"}
    return Leaving(user, ids["s"], ids["n"])


def _packed(public_id: UUID) -> str:
    return urlsafe_b64encode(public_id.bytes).decode().rstrip("=")


def _unpacked(text: str) -> UUID:
    return UUID(bytes=urlsafe_b64decode(text + "=="))


# --- searches that sleep ----------------------------------------------------------------------------------------------


def still_wanted(search: SavedSearch, at: datetime) -> None:
    _about(search, "search_still_wanted", at)


def paused(search: SavedSearch, at: datetime) -> None:
    _about(search, "search_paused", at)


def _about(search: SavedSearch, kind: str, at: datetime) -> None:
    notify(
        users=[search.owner],
        kind=kind,
        # A search may sleep again, so the moment is part of the matter.
        dedupe_key=f"{kind}:{search.public_id}:{at:%Y%m%d%H%M%S%f}",
        params={"name": search.name},
        url=reverse("matching:search_list"),
        target=("matching.savedsearch", search.public_id),
        at=at,
    )


registry.register(ALERT, title="%(title)s", body="%(body)s", present=in_numbers, compose=compose, pushes=True)
registry.register(
    "search_still_wanted",
    title=_("Do you still want to hear about “%(name)s”?"),
    body=_(
        "You have not opened this saved search for 90 days. Keep it or pause it on the page of your saved searches. "
        "Without an answer it will be paused in 30 days."
    ),
    targets=searches_visible_to,
)
registry.register(
    "search_paused",
    title=_("Your saved search “%(name)s” is paused"),
    body=_("Nobody opened it for a long time, so no more mail comes about it. You can take it up again at any time."),
    targets=searches_visible_to,
)
