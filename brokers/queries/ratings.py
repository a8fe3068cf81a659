"""Reads of ratings that more than one page needs."""

from collections.abc import Iterator
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.register import FEW, TextKind
from brokers.models import BrokeredDeal, Rating, RatingReport, RatingText
from brokers.querysets.ratings import deals_to_rate
from marketplace.core.waiting import Kind, Number, Waiting

EACH = 5


def readable_texts(user: User | AnonymousUser) -> QuerySet[RatingText]:
    """Those on public pages that are not hidden, and all of ratings that the user may see."""
    counted = Rating.objects.order_by().values("deal__broker").annotate(many=Count("pk")).filter(many__gte=FEW)
    rows = RatingText.objects.select_related("rating__deal__broker", "rating__organization")
    public = rows.filter(hidden_at=None, rating__deal__broker__in=counted.values("deal__broker"))
    return public | rows.filter(rating__in=Rating.objects.visible_to(user).values("pk"))


def waiting_kinds(user: User, organization: Organization | None, day: date) -> Iterator[Kind | Number]:
    """Deals to rate (clients), ratings without an answer (brokers), reported texts (officers)."""
    if organization is None:
        return
    if has_permission(user, Permission.RATE_BROKERS, organization):
        deals = deals_to_rate(BrokeredDeal.objects.visible_to(user), user).order_by("-closed_on", "-pk")
        yield Kind(deals, ("public_id", "broker__name", "broker__name_en", "broker__name_zh"), _to_rate, EACH)
    if has_permission(user, Permission.EDIT_REGISTER_ENTRY, organization):
        got = Rating.objects.filter(deal__broker=organization).exclude(texts__kind=TextKind.ANSWER)
        yield Kind(got.order_by("-rated_at", "-pk"), ("public_id",), _to_answer, EACH)
    if has_permission(user, Permission.GOVERN_BROKERS, organization):
        yield Number(RatingReport.objects.open(), _reported)


def _to_rate(deal: BrokeredDeal) -> Waiting:
    title = _("Rate the broker of a closed deal: %(name)s") % {"name": deal.broker.display_name}
    return Waiting(title, reverse("brokers:rating_new", args=[deal.public_id]))


def _to_answer(rating: Rating) -> Waiting:
    return Waiting(_("A client rated you; you may answer once"), reverse("brokers:rating", args=[rating.public_id]))


def _reported(many: int) -> Waiting:
    return Waiting(_("Reported texts about brokers: %(many)d") % {"many": many}, reverse("brokers:reported_texts"))
