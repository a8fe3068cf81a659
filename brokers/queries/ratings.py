"""Reads of ratings that more than one page needs."""

from collections.abc import Sequence

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.roles import Permission, has_permission
from brokers.enums.register import FEW, TextKind
from brokers.models import BrokeredDeal, Rating, RatingReport, RatingText
from brokers.querysets.ratings import deals_to_rate
from marketplace.core.waiting import Waiting


def readable_texts(user: User | AnonymousUser) -> QuerySet[RatingText]:
    """Those on public pages that are not hidden, and all of ratings that the user may see."""
    counted = Rating.objects.order_by().values("deal__broker").annotate(many=Count("pk")).filter(many__gte=FEW)
    rows = RatingText.objects.select_related("rating__deal__broker", "rating__organization")
    public = rows.filter(hidden_at=None, rating__deal__broker__in=counted.values("deal__broker"))
    return public | rows.filter(rating__in=Rating.objects.visible_to(user).values("pk"))


def waiting_on(user: User, organization: Organization | None, *, limit: int = 5) -> Sequence[Waiting]:
    """Deals to rate (clients), ratings without an answer (brokers), reported texts (officers)."""
    if organization is None:
        return []
    found: list[Waiting] = []
    if has_permission(user, Permission.RATE_BROKERS, organization):
        deals = deals_to_rate(BrokeredDeal.objects.visible_to(user), user).select_related("broker")
        for deal in deals.order_by("-closed_on", "-pk")[:limit]:
            title = _("Rate the broker of a closed deal: %(name)s") % {"name": deal.broker.display_name}
            found.append(Waiting(title, reverse("brokers:rating_new", args=[deal.public_id])))
    if has_permission(user, Permission.EDIT_REGISTER_ENTRY, organization):
        got = Rating.objects.filter(deal__broker=organization).exclude(texts__kind=TextKind.ANSWER)
        for rating in got.order_by("-rated_at", "-pk")[:limit]:
            url = reverse("brokers:rating", args=[rating.public_id])
            found.append(Waiting(_("A client rated you; you may answer once"), url))
    if has_permission(user, Permission.GOVERN_BROKERS, organization) and (many := RatingReport.objects.open().count()):
        title = _("Reported texts about brokers: %(many)d") % {"many": many}
        found.append(Waiting(title, reverse("brokers:reported_texts")))
    return found
