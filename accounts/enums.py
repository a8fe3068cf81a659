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
