"""What the frame around every page needs. Lazy: an error page or a mail asks nothing of the database."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import OrganizationKind
from accounts.models import Organization, User
from accounts.roles import Permission, has_permission, organizations_with
from matching.querysets import READERS
from notifications.queries import unread_count
from programmes.queries.review import sits_on_panels
from tech_listings.rules import is_officer


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    current: bool


IN_A_ROW = 5
"""So many stand beside the name of the site on a narrow desktop, in every language."""


@dataclass(frozen=True)
class Menu:
    items: list[NavItem]

    @property
    def first(self) -> list[NavItem]:
        return self.items if len(self.items) <= IN_A_ROW else self.items[: IN_A_ROW - 1]

    @property
    def more(self) -> list[NavItem]:
        """What stands behind “More”, on a wide page."""
        return self.items[len(self.first) :]

    @property
    def more_is_current(self) -> bool:
        return any(item.current for item in self.more)


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None:
        return {}
    return {
        "menu": SimpleLazyObject(lambda: Menu(_items(request))),
        "unread_count": SimpleLazyObject(lambda: unread_count(user)),
        "offers_need": SimpleLazyObject(lambda: _offers_need(request)),
    }


def _offers_need(request: HttpRequest) -> bool:
    """Whether “post this as a need” leads somewhere: for visitors to the sign-in page, for firms to the form."""
    return not request.user.is_authenticated or bool(organizations_with(request.user, Permission.POST_NEEDS))


@dataclass(frozen=True)
class Who:
    """Who looks, and for which organization."""

    user: User | AnonymousUser
    organization: Organization | None

    def may(self, permission: Permission) -> bool:
        return has_permission(self.user, permission, self.organization)

    def is_of(self, *kinds: str) -> bool:
        """Whether the organization is of one of these kinds."""
        return self.organization is not None and self.organization.kind in kinds

    @property
    def works(self) -> bool:
        return self.may(Permission.VIEW_ORGANIZATION)


INSTITUTE, COMPANY, BROKER = OrganizationKind.INSTITUTE, OrganizationKind.COMPANY, OrganizationKind.BROKER
NAVIGATION: tuple[tuple[Any, str, Callable[[Who], bool]], ...] = (
    (_("Find a technology"), "tech_listings:list", lambda who: True),
    (_("My work"), "brokers:work", lambda who: who.is_of(BROKER) and who.user.has_perm("brokers.see_work")),
    (_("What is due"), "obligations:work", lambda who: who.may(Permission.VIEW_RESULTS)),
    (
        _("My technologies"),
        "tech_listings:mine",
        lambda who: who.works and (who.may(Permission.EDIT_LISTINGS) or who.is_of(INSTITUTE)),
    ),
    (_("Compliance"), "obligations:compliance", lambda who: who.user.has_perm("obligations.see_compliance")),
    (
        pgettext_lazy("review", "Registration"),
        "tech_listings:review",
        lambda who: who.user.has_perm("tech_listings.review"),
    ),
    (_("Oversight of brokers"), "brokers:office_queue", lambda who: who.user.has_perm("brokers.govern_brokers")),
    (_("Review of applications"), "programmes:review_calls", lambda who: who.user.has_perm("programmes.review")),
    (
        pgettext_lazy("menu", "Panels"),
        "programmes:panels",
        lambda who: who.user.is_authenticated and sits_on_panels(who.user),
    ),
    (_("Merging"), "accounts:merges", lambda who: who.user.has_perm("accounts.merge_organizations")),
    (_("Transfer requests"), "deals:list", lambda who: who.works),
    (_("Negotiations"), "deals:negotiations", lambda who: who.works and who.is_of(INSTITUTE, COMPANY, BROKER)),
    (_("Contracts"), "deals:contracts", lambda who: who.works and who.is_of(INSTITUTE, COMPANY, BROKER)),
    (_("Royalties"), "royalties:work", lambda who: who.works and who.is_of(INSTITUTE, COMPANY, BROKER)),
    (
        _("Royalty money"),
        "royalties:invoices",
        lambda who: who.may(Permission.KEEP_ROYALTIES) or who.may(Permission.REPORT_SALES),
    ),
    (
        _("Vouchers"),
        "vouchers:vouchers",
        lambda who: who.may(Permission.USE_VOUCHERS) or who.may(Permission.RUN_VOUCHERS),
    ),
    (pgettext_lazy("office", "Desk"), "vouchers:desk", lambda who: who.may(Permission.RUN_VOUCHERS)),
    (_("Work on vouchers"), "vouchers:provider", lambda who: who.may(Permission.PROVIDE_SERVICES)),
    (_("Brokers’ fees on royalty"), "royalties:fees", lambda who: who.is_of(BROKER) and who.may(Permission.QUOTE_FEES)),
    (_("My applications"), "programmes:applications", lambda who: who.may(Permission.APPLY_PROGRAMMES)),
    (_("Calls of your office"), "programmes:office_calls", lambda who: who.user.has_perm("programmes.run_calls")),
    (
        _("Needs of firms"),
        "matching:needs",
        lambda who: who.works and (who.may(Permission.ANSWER_NEEDS) or who.is_of(*READERS)),
    ),
    (
        _("My needs"),
        "matching:my_needs",
        lambda who: who.works and (who.may(Permission.POST_NEEDS) or who.is_of(COMPANY)),
    ),
    (
        _("R&D projects"),
        "obligations:projects",
        lambda who: who.may(Permission.VIEW_RESULTS) or who.user.has_perm("obligations.see_compliance"),
    ),
    (pgettext_lazy("programmes", "Calls"), "programmes:calls", lambda who: True),
    (_("Brokers"), "brokers:register", lambda who: True),
    (_("Figures of the plan"), "policy:figures", lambda who: True),
    (_("Brokerage fees"), "brokers:fees", lambda who: True),
    (
        _("Yearly survey"),
        "policy:survey",
        lambda who: who.user.has_perm("policy.read_survey", who.organization) or who.user.has_perm("policy.govern"),
    ),
    (_("Capability ranking"), "policy:capability", lambda who: True),
    (_("Promotion plans"), "policy:plans", lambda who: True),
    (
        _("Registration and duties"),
        "brokers:apply",
        lambda who: who.may(Permission.APPLY_REGISTRATION) or who.may(Permission.REPORT_TO_OFFICE),
    ),
    (_("File uploads"), "tech_listings:ingest_list", lambda who: who.may(Permission.IMPORT_LISTINGS)),
    (_("Synonyms"), "tech_listings:synonyms", lambda who: is_officer(who.user)),
    (_("State of the search"), "tech_listings:search_state", lambda who: is_officer(who.user)),
    (_("For programs (API)"), "api-docs", lambda who: not who.user.is_authenticated),
)
"""What the menu offers, in its order: (label, address by name, to whom)."""

OF_BROKERS = (
    "applications/", "staff/", "reports/", "changes/", "warnings/", "cases/", "hand-overs/", "entry/",
)  # fmt: skip
OF_ROYALTY_MONEY = (
    "to-ask-for/", "receipts/", "assignments/", "bank-files/", "sharing/", "distributions/", "statements/",
    "my-statement/", "fees/", "government/",
)  # fmt: skip
AREAS = {
    "royalties:invoices": tuple(f"/royalties/{part}" for part in OF_ROYALTY_MONEY),
    "programmes:review_calls": ("/officer/applications/", "/officer/selections/", "/officer/objections/"),
    "brokers:register": ("/mandates/",),
    "brokers:office_queue": ("/officer/cases/", "/officer/hand-overs/", *(f"/brokers/{part}" for part in OF_BROKERS)),
    "brokers:apply": tuple(f"/brokers/{part}" for part in OF_BROKERS),
}
"""Pages that belong to an entry of the menu by their tabs, though their address does not begin with its."""


def _items(request: HttpRequest) -> list[NavItem]:
    who = Who(request.user, getattr(request, "organization", None))
    found = [(str(label), reverse(name), AREAS.get(name, ())) for label, name, offered in NAVIGATION if offered(who)]
    here = max((_reach(request.path, (url, *area)) for _label, url, area in found), default=0)
    return [NavItem(label, url, 0 < here == _reach(request.path, (url, *area))) for label, url, area in found]


def _reach(path: str, addresses: tuple[str, ...]) -> int:
    """How much of the path the longest of these addresses covers: the entry that covers most is the current one."""
    return max((len(address) for address in addresses if path.startswith(address)), default=0)
