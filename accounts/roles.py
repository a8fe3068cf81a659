"""What a role may do, as code. The table depends on the kind of organization: a company imports no listings."""

from collections.abc import Mapping

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.enums import OrganizationKind, Role
from accounts.models import Membership, Organization, User
from marketplace.core.errors import NotAllowed


class Permission(models.TextChoices):
    """The value is for code and the API; the label is a sentence a manager understands."""

    VIEW_ORGANIZATION = "view_organization", _("See the organization's pages, members and work")
    EDIT_ORGANIZATION = "edit_organization", _("Change the organization's details")
    MANAGE_MEMBERS = "manage_members", _("Invite people, decide requests to join, change roles")
    EDIT_LISTINGS = "edit_listings", _("Write and change technologies")
    PUBLISH_LISTINGS = "publish_listings", _("Send technologies for registration and withdraw them")
    IMPORT_LISTINGS = "import_listings", _("Upload files of technologies and apply them")
    SEND_REQUESTS = "send_requests", _("Ask for the transfer of a technology and withdraw the request")
    ANSWER_REQUESTS = "answer_requests", _("Answer requests for the organization's technologies")
    ACCEPT_NDA = "accept_nda", _("Accept confidentiality terms for the organization")
    POST_NEEDS = "post_needs", _("Say which technology the organization looks for, change and close it")
    ANSWER_NEEDS = "answer_needs", _("Answer what firms look for with technologies, or say that there is none")
    VIEW_RESULTS = "view_results", _("See research projects, their results and what the organization owes for them")
    EDIT_RESULTS = "edit_results", _("Enter projects and results, and say which technologies list them")
    IMPORT_PROJECTS = "import_projects", _("Upload files of research projects and results and apply them")
    ASK_EXEMPTIONS = "ask_exemptions", _("Ask for an exemption from listing a result")
    VERIFY_OBLIGATIONS = "verify_obligations", _("Verify that results are listed, and accept reasons for delay")
    DECIDE_EXEMPTIONS = "decide_exemptions", _("Decide on exemptions that institutes ask for")
    SEE_COMPLIANCE = "see_compliance", _("See what every institute owes and has done")
    QUOTE_FEES = (
        "quote_fees",
        _("Quote a broker's fee, take the quote back, and give reasons for a fee outside the band"),
    )
    ACCEPT_FEES = "accept_fees", _("Accept or decline a broker's fee for the organization")
    GOVERN_FEES = "govern_fees", _("Write and publish the fee guideline, and decide on fees outside its band")
    APPLY_REGISTRATION = (
        "apply_registration",
        _("Apply for the registration of the organization as an agency, and complete what is asked"),
    )
    NAME_STAFF = "name_staff", _("Name the qualified staff of the agency, and say when somebody leaves")
    EDIT_REGISTER_ENTRY = "edit_register_entry", _("Change what the public register says of the broker")
    REPORT_TO_OFFICE = "report_to_office", _("Report deals and changes, and answer warnings and hearings")
    TAKE_MANDATES = "take_mandates", _("Offer and accept mandates for the broker, and end them")
    GIVE_MANDATES = "give_mandates", _("Give brokers a mandate for the organization, and end it")
    RATE_BROKERS = "rate_brokers", _("Rate a broker after a closed deal")
    NEGOTIATE = "negotiate", _("Take part in negotiations: ask, answer, offer, meet")
    AGREE_TERMS = "agree_terms", _("Accept an offer, approve and sign contracts for the organization")
    REPORT_SALES = "report_sales", _("Report sales and the use of a technology, and see what is to be paid")
    KEEP_ROYALTIES = "keep_royalties", _("Check sales reports, ask for royalties and enter what was received")
    SHARE_ROYALTIES = "share_royalties", _("Decide how received royalties are shared with inventors and contributors")
    GOVERN_ROYALTIES = "govern_royalties", _("Keep the rules on royalty: interest on what is paid late")
    APPLY_PROGRAMMES = "apply_programmes", _("Apply under calls, complete and withdraw applications")
    SIGN_AGREEMENTS = "sign_agreements", _("Sign agreements on programmes for the organization, and answer recoveries")
    USE_VOUCHERS = "use_vouchers", _("Look for providers, order services on a voucher, accept delivered work")
    PROVIDE_SERVICES = "provide_services", _("Quote for services, accept orders, claim payment for delivered work")
    RUN_CALLS = "run_calls", _("Write and publish calls, invite panels, propose whom to select")
    REVIEW_APPLICATIONS = "review_applications", _("Check applications and answer objections")
    DECIDE_SELECTIONS = "decide_selections", _("Approve whom to select, in the order of the call's stages")
    CHECK_CLAIMS = "check_claims", _("Check and approve claims for delivered work, each by two officers")
    PAY_CLAIMS = "pay_claims", _("Prepare payment files for the treasury and read what came of them")
    RUN_VOUCHERS = "run_vouchers", _("Enter own shares, decide on changes, suspend and end vouchers")
    RECOVER_MONEY = "recover_money", _("Ask for money back, and propose and decide sanctions")
    ANSWER_SURVEY = "answer_survey", _("Answer the yearly survey for the institute")
    GOVERN_SURVEY = "govern_survey", _("Run the yearly survey, publish the capability ranking, write plans")
    GOVERN_BROKERS = "govern_brokers", _("Register brokers, check their duties, hold hearings and decide")
    REGISTER_OFFICES = "register_offices", _("Register other government offices")
    REVIEW_LISTINGS = "review_listings", _("Register, return and suspend technologies of institutes")
    MERGE_ORGANIZATIONS = "merge_organizations", _("Propose and carry out the merging of two organizations")
    SEE_FIGURES = "see_figures", _("See all figures of the plan and every row behind them")
    GOVERN_FIGURES = "govern_figures", _("Set targets of the plan and correct frozen figures, with a reason")
    MANAGE_KEYS = "manage_keys", _("Make keys for programs of the organization, and say where news is sent to")
    OVERSEE_KEYS = "oversee_keys", _("See and revoke the keys of all organizations")
    EDIT_SYNONYMS = "edit_synonyms", _("Say which words of the search mean the same")


P = Permission
LOOK = frozenset({P.VIEW_ORGANIZATION})
RUN = frozenset({P.VIEW_ORGANIZATION, P.EDIT_ORGANIZATION, P.MANAGE_MEMBERS, P.MANAGE_KEYS})
OWE = frozenset({P.VIEW_RESULTS, P.EDIT_RESULTS, P.IMPORT_PROJECTS, P.ASK_EXEMPTIONS})
HOLD = OWE | {
    P.EDIT_LISTINGS, P.PUBLISH_LISTINGS, P.IMPORT_LISTINGS, P.ANSWER_REQUESTS, P.ANSWER_NEEDS, P.NEGOTIATE,
    P.KEEP_ROYALTIES, P.ANSWER_SURVEY,
}  # fmt: skip
ASK = frozenset({P.SEND_REQUESTS, P.POST_NEEDS, P.NEGOTIATE})
GOVERN = frozenset(
    {
        P.EDIT_SYNONYMS, P.IMPORT_PROJECTS, P.VERIFY_OBLIGATIONS, P.DECIDE_EXEMPTIONS, P.SEE_COMPLIANCE,
        P.REVIEW_LISTINGS, P.GOVERN_FEES, P.GOVERN_BROKERS, P.GOVERN_ROYALTIES, P.RUN_CALLS, P.REVIEW_APPLICATIONS,
        P.DECIDE_SELECTIONS, P.CHECK_CLAIMS, P.PAY_CLAIMS, P.RECOVER_MONEY, P.RUN_VOUCHERS, P.OVERSEE_KEYS,
        P.SEE_FIGURES, P.GOVERN_FIGURES, P.GOVERN_SURVEY,
    }
)  # fmt: skip

MANAGE: Mapping[str, frozenset[Permission]] = {
    OrganizationKind.INSTITUTE: frozenset({P.ACCEPT_FEES, P.GIVE_MANDATES, P.AGREE_TERMS, P.SHARE_ROYALTIES}),
    OrganizationKind.COMPANY: frozenset(
        {P.ACCEPT_NDA, P.ACCEPT_FEES, P.GIVE_MANDATES, P.AGREE_TERMS, P.SHARE_ROYALTIES, P.SIGN_AGREEMENTS}
    ),
    OrganizationKind.BROKER: frozenset(
        {P.ACCEPT_NDA, P.APPLY_REGISTRATION, P.NAME_STAFF, P.TAKE_MANDATES, P.SIGN_AGREEMENTS}
    ),
    OrganizationKind.GOVERNMENT: frozenset({P.REGISTER_OFFICES, P.MERGE_ORGANIZATIONS}),
}
"""What binds the organization, or lets others in: its managers only."""

WORK: Mapping[str, frozenset[Permission]] = {
    OrganizationKind.INSTITUTE: HOLD | {P.RATE_BROKERS},
    OrganizationKind.COMPANY: ASK
    | {P.RATE_BROKERS, P.REPORT_SALES, P.KEEP_ROYALTIES, P.APPLY_PROGRAMMES, P.USE_VOUCHERS},
    OrganizationKind.BROKER: ASK
    | {P.ANSWER_NEEDS, P.QUOTE_FEES, P.EDIT_REGISTER_ENTRY, P.REPORT_TO_OFFICE, P.PROVIDE_SERVICES},
    OrganizationKind.GOVERNMENT: GOVERN,
}
ROLES: Mapping[tuple[str, str], frozenset[Permission]] = {
    (kind, role): permissions
    for kind, work in WORK.items()
    for role, permissions in {
        Role.MANAGER: RUN | work | MANAGE.get(kind, frozenset()),
        Role.STAFF: LOOK | work,
        Role.VIEWER: LOOK,
    }.items()
}


READ = frozenset({P.VIEW_ORGANIZATION, P.VIEW_RESULTS})
"""All that is left of a role in an organization that was merged into another one: it acts no more."""


def permissions_of(kind: str, role: str) -> frozenset[Permission]:
    """What `role` may do in an organization of `kind`; nothing for a role or kind nobody knows."""
    return ROLES.get((kind, role), frozenset())


def permissions_in(membership: Membership) -> frozenset[Permission]:
    """What the member may do there now."""
    allowed = permissions_of(membership.organization.kind, membership.role)
    return allowed & READ if membership.organization.is_gone else allowed


def has_permission(user: User | AnonymousUser, permission: Permission, organization: Organization | None) -> bool:
    """Whether `user` may do this for `organization`, whichever organization is current (lessons F62)."""
    if organization is None or not user.is_authenticated or not user.is_active:
        return False
    return any(
        membership.organization_id == organization.pk and permission in permissions_in(membership)
        for membership in user.active_memberships()
    )


def require_member(by: User | None, permission: Permission, organization: Organization) -> None:
    """Raise `NotAllowed` unless `by` may do this for the organization. None is the house itself: an import."""
    if by is not None and not has_permission(by, permission, organization):
        raise NotAllowed(gettext("Only members of “%(name)s” who may do this can do it.") % {"name": organization})


def require_known(by: User | None, permission: Permission, organization: Organization) -> None:
    """As `require_member` for what only people do: who is not known is refused, too (lessons F9)."""
    if by is None:
        raise NotAllowed(gettext("It is not known who does this, so it is not done."))
    require_member(by, permission, organization)


def organizations_with(user: User | AnonymousUser, permission: Permission) -> list[Organization]:
    """The organizations for which `user` may do this, by name."""
    if not user.is_authenticated:
        return []
    return [
        membership.organization for membership in user.active_memberships() if permission in permissions_in(membership)
    ]


def users_with_permission(organization: Organization, permission: Permission) -> "models.QuerySet[User]":
    """The active people who may do this for `organization`, each once."""
    left = READ if organization.is_gone else frozenset(Permission)
    roles = [role for role in Role.values if permission in permissions_of(organization.kind, role) & left]
    members = organization.memberships.active().filter(role__in=roles)
    return User.objects.filter(pk__in=members.values("user"))
