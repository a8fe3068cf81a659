"""Reads for the home page and for the pages of needs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, organizations_with
from marketplace.core.models import field_of
from marketplace.core.waiting import Kind, Waiting
from matching.models import HOLDERS_HEAR_FROM, Match, Need, NeedAnswer
from notifications.models import Notification
from taxonomy.enums import System
from taxonomy.queries import titles
from tech_listings.enums import PUBLIC_STATES

ANSWERED_NOTICE = "need_answered"
NEAR = timedelta(days=3)
SUGGESTED = 10


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind]:
    """Answers not yet read, needs of the organization whose day is near or past, needs its technologies may fit."""
    if organization is None:
        return

    def kind(rows: QuerySet[Need], sentence: str, *, due: bool = True) -> Kind:
        return Kind(rows, ("public_id", "number", "title", "answer_by"), lambda need: line(need, sentence, due=due))

    def line(need: Need, sentence: str, *, due: bool) -> Waiting:
        url = reverse("matching:need", args=[need.public_id])
        words = {"number": need.number, "title": need.title}
        return Waiting(sentence % words, url, need.answer_by if due else None, due and need.answer_by < day)

    if has_permission(user, Permission.POST_NEEDS, organization):
        own = Need.objects.of(organization)
        unread = Notification.objects.filter(recipient=user, kind=ANSWERED_NOTICE).unread()
        answered = own.filter(public_id__in=unread.values("target_id")).order_by("-opened_at", "-pk")
        yield kind(answered, _("Read the answer to need %(number)s: %(title)s"), due=False)
        near = own.open().filter(answer_by__lte=day + NEAR).order_by("answer_by", "pk")
        yield kind(near, _("Look after need %(number)s: %(title)s"))
    if has_permission(user, Permission.ANSWER_NEEDS, organization):
        fitting = unanswered_matches(organization).order_by("answer_by", "pk")
        yield kind(fitting, _("One of your technologies may fit need %(number)s: %(title)s"))


def unanswered_matches(organization: Organization) -> QuerySet[Need]:
    """Open needs well matched by a published technology of `organization`, which it has not answered."""
    matched = Match.objects.filter(
        need=OuterRef("pk"),
        listing__holder=organization,
        listing__state__in=PUBLIC_STATES,
        score__gte=HOLDERS_HEAR_FROM,
    )
    answered = NeedAnswer.objects.filter(need=OuterRef("pk"), organization=organization)
    open_ones = Need.objects.open().exclude(organization=organization)
    return open_ones.filter(Exists(matched), ~Exists(answered)).for_list()


def answering_organizations(user: User, need: Need) -> list[Organization]:
    """For whom `user` may answer this need."""
    return [o for o in organizations_with(user, Permission.ANSWER_NEEDS) if o.pk != need.organization_id]


def suggested_matches(need: Need, organizations: Collection[Organization]) -> list[Match]:
    """What these organizations might answer with: their own matched technologies first, for agencies others too."""
    own = Q(listing__holder__in=organizations)
    rows = Match.objects.filter(need=need, listing__state__in=PUBLIC_STATES).wanted().best_first()
    taken = NeedAnswer.objects.filter(need=need, listing=OuterRef("listing"))
    rows = rows.filter(~Exists(taken))
    found = list(rows.filter(own)[:SUGGESTED])
    if any(o.kind == OrganizationKind.BROKER for o in organizations) and len(found) < SUGGESTED:
        found += rows.exclude(own)[: SUGGESTED - len(found)]
    return found


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


def compare_with_form(newest: Need, typed: dict[str, Any]) -> list[FieldChange]:
    """Where the stored need (`before`) and what somebody typed (`after`) differ."""
    changes = []
    for name, value in typed.items():
        stored = getattr(newest, name)
        if stored != value:
            label = str(field_of(Need, name).verbose_name)
            changes.append(FieldChange(label, _shown(name, stored), _shown(name, value)))
    return changes


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in ("st_class", "region_code"):
        system = System.ST if name == "st_class" else System.REGION
        return titles(system, [value]).get(value, value)
    return str(dict(field_of(Need, name).flatchoices).get(value, value))
