import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from notifications.models import Notification

SHOWN = [("all", _("All")), ("unread", _("Unread"))]


class NotificationFilter(django_filters.FilterSet):
    """One filter for the inbox page and the API."""

    show = django_filters.ChoiceFilter(label=_("Show"), choices=SHOWN, method="filter_show", empty_label=None)

    class Meta:
        model = Notification
        fields: list[str] = []

    def filter_show(self, rows: QuerySet[Notification], name: str, value: str) -> QuerySet[Notification]:
        return rows.filter(read_at__isnull=True) if value == "unread" else rows
