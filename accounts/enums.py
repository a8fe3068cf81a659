from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class OrganizationKind(models.TextChoices):
    INSTITUTE = "institute", _("Public research institute")
    COMPANY = "company", _("Company")
    BROKER = "broker", _("Technology transaction agency")
    GOVERNMENT = "government", _("Government office")


class InstituteKind(models.TextChoices):
    UNIVERSITY = "university", _("University")
    GOVERNMENT_FUNDED = "government_funded", _("Government-funded research institute")
    NATIONAL = "national", _("National or public institute")
    OTHER = "other", _("Other public research institute")


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    STAFF = "staff", _("Staff")
    VIEWER = "viewer", _("Viewer")


class MembershipState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for the manager")
    ACTIVE = "active", _("Member")
    DECLINED = "declined", pgettext_lazy("membership", "Declined")
    ENDED = "ended", _("Ended")


MEMBERSHIP_STATES = StateMachine(
    field="state",
    moves={
        MembershipState.REQUESTED: frozenset({MembershipState.ACTIVE, MembershipState.DECLINED, MembershipState.ENDED}),
        MembershipState.ACTIVE: frozenset({MembershipState.ENDED}),
    },
)


class InvitationState(models.TextChoices):
    PENDING = "pending", pgettext_lazy("invitation", "Sent")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Taken back")


INVITATION_STATES = StateMachine(
    field="state",
    moves={InvitationState.PENDING: frozenset({InvitationState.ACCEPTED, InvitationState.REVOKED})},
)


class MailRate(models.TextChoices):
    IMMEDIATE = "immediate", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    OFF = "off", _("No mail")


class Region(models.TextChoices):
    """The provinces and metropolitan cities of today by legal-district code; finer ones are in `taxonomy`, above us."""

    SEOUL = "1100000000", _("Seoul")
    BUSAN = "2600000000", _("Busan")
    DAEGU = "2700000000", _("Daegu")
    INCHEON = "2800000000", _("Incheon")
    GWANGJU = "2900000000", _("Gwangju")
    DAEJEON = "3000000000", _("Daejeon")
    ULSAN = "3100000000", _("Ulsan")
    SEJONG = "3611000000", _("Sejong")
    GYEONGGI = "4100000000", _("Gyeonggi-do")
    GANGWON = "5100000000", _("Gangwon State")
    CHUNGBUK = "4300000000", _("Chungcheongbuk-do")
    CHUNGNAM = "4400000000", _("Chungcheongnam-do")
    JEONBUK = "5200000000", _("Jeonbuk State")
    JEONNAM = "4600000000", _("Jeollanam-do")
    GYEONGBUK = "4700000000", _("Gyeongsangbuk-do")
    GYEONGNAM = "4800000000", _("Gyeongsangnam-do")
    JEJU = "5000000000", _("Jeju")


class MergeState(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for a second officer")
    CARRIED_OUT = "carried_out", pgettext_lazy("organizations", "Merged")
    DECLINED = "declined", pgettext_lazy("merge", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("merge", "Taken back")


MERGE_STATES = StateMachine(
    field="state",
    moves={MergeState.PROPOSED: frozenset({MergeState.CARRIED_OUT, MergeState.DECLINED, MergeState.WITHDRAWN})},
)


class Bank(models.TextChoices):
    """Three digits of the shared code of financial institutions; where an account for payments may be (from memory,
    to be compared with the list of the clearing institute before money goes out)."""

    KDB = "002", _("Korea Development Bank")
    IBK = "003", _("Industrial Bank of Korea")
    KB = "004", _("KB Kookmin Bank")
    SUHYUP = "007", _("Suhyup Bank")
    NH = "011", _("NH NongHyup Bank")
    LOCAL_NH = "012", _("Local NongHyup")
    WOORI = "020", _("Woori Bank")
    SC = "023", _("SC First Bank")
    DAEGU = "031", _("iM Bank")
    BUSAN = "032", _("Busan Bank")
    GWANGJU = "034", _("Gwangju Bank")
    JEJU = "035", _("Jeju Bank")
    JEONBUK = "037", _("Jeonbuk Bank")
    GYEONGNAM = "039", _("Kyongnam Bank")
    MG = "045", _("Community Credit Cooperatives")
    SHINHYUP = "048", _("Credit Unions")
    POST = "071", _("Korea Post")
    HANA = "081", _("Hana Bank")
    SHINHAN = "088", _("Shinhan Bank")
    K_BANK = "089", _("K bank")
    KAKAO = "090", _("KakaoBank")
    TOSS = "092", _("Toss Bank")


class LinkKind(models.TextChoices):
    """What two organizations may have in common: see `accounts.relations`."""

    SAME_FIRM = "same_firm", _("One was merged into the other")
    CORPORATE_NUMBER = "corporate_number", _("The same corporate registration number")
    REPRESENTATIVE = "representative", _("The same representative")
    OWNER = "owner", _("The same owner")
    OWNS = "owns", _("One owns a share of the other")
    REPRESENTATIVE_OWNS = "representative_owns", _("The representative of one owns a share of the other")
    ADDRESS = "address", _("The same address")
    BANK_ACCOUNT = "bank_account", _("The same bank account")
    UNKNOWN = "unknown", _("Nothing is known about who stands behind it")
