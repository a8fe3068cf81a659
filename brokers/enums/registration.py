"""Registration of agencies and traders: kinds, requirements and state tables (domain-facts.md §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.core.states import StateMachine


class RegistrationKind(models.TextChoices):
    """An agency is a corporation (Act art. 10), a trader a person (Act art. 14)."""

    AGENCY = "agency", _("Technology transaction agency")
    TRADER = "trader", _("Registered technology trader")


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


REQUIREMENT_STATES = StateMachine(
    field="state",
    moves={VersionState.DRAFT: frozenset({VersionState.PUBLISHED, VersionState.WITHDRAWN})},
)


class RequirementKey(models.TextChoices):
    """What can be required. How each is checked is `brokers.requirements`; numbers and sources are data."""

    CORPORATION = "corporation", _("Is a corporation")
    QUALIFIED_STAFF = "qualified_staff", _("Qualified full-time staff")
    GUIDELINE = "guideline", _("Written working guideline")
    NETWORK = "network", _("Information network for technology")
    ARTICLES = "articles", _("Articles of incorporation")
    BUSINESS_PLAN = "business_plan", _("Business plan")
    CAREER = "career", _("Career by one of the routes")
    TRAINING = "training", _("Training of traders")
    SINCE_CANCELLATION = "since_cancellation", _("Time since a cancellation")


class RequirementUnit(models.TextChoices):
    PEOPLE = "people", _("people")
    MONTHS = "months", _("months")
    HOURS = "hours", _("hours")
    DOCUMENT = "document", _("document")


class CareerRoute(models.TextChoices):
    """The six ways to become a trader (decree art. 21; domain-facts.md §2)."""

    LICENSED = "licensed", _("Lawyer, patent attorney, accountant or professional engineer in the field")
    PROFESSOR = "professor", _("Assistant professor or higher with research")
    RESEARCHER = "researcher", _("Researcher of a public institute")
    OFFICIAL = "official", _("Public official of grade 5 or higher")
    INTERMEDIARY = "intermediary", _("Researcher or middle manager of an agency or evaluator")
    EQUIVALENT = "equivalent", _("Equivalent career abroad or in the private sector")


class TrainingSubject(models.TextChoices):
    LAW = "law", _("Law")
    MARKETING = "marketing", _("Marketing and management")
    PRACTICE = "practice", _("Practice of technology transactions")
    OTHER = "other", pgettext_lazy("training", "Other")


class QualificationKind(models.TextChoices):
    """Who counts as qualified staff of an agency (decree art. 16)."""

    TRADER = "trader", _("Registered technology trader")
    LAWYER = "lawyer", _("Lawyer")
    PATENT_ATTORNEY = "patent_attorney", _("Patent attorney")
    ACCOUNTANT = "accountant", _("Certified public accountant")
    ENGINEER = "engineer", _("Professional engineer")


class QualificationState(models.TextChoices):
    CLAIMED = "claimed", _("Not yet verified")
    VERIFIED = "verified", pgettext_lazy("qualification", "Verified")
    REJECTED = "rejected", pgettext_lazy("qualification", "Not accepted")


QUALIFICATION_STATES = StateMachine(
    field="state",
    moves={
        QualificationState.CLAIMED: frozenset({QualificationState.VERIFIED, QualificationState.REJECTED}),
        QualificationState.VERIFIED: frozenset({QualificationState.REJECTED}),
    },
)


class StaffState(models.TextChoices):
    """An agency names a person; the person says that it is so."""

    NAMED = "named", _("Named, waits for the person")
    CONFIRMED = "confirmed", pgettext_lazy("staff", "Counts")
    DECLINED = "declined", pgettext_lazy("staff", "Declined by the person")
    ENDED = "ended", pgettext_lazy("staff", "Left")


STAFF_STATES = StateMachine(
    field="state",
    moves={
        StaffState.NAMED: frozenset({StaffState.CONFIRMED, StaffState.DECLINED, StaffState.ENDED}),
        StaffState.CONFIRMED: frozenset({StaffState.ENDED}),
    },
)


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPLIED = "applied", _("Applied")
    DOC_CHECK = "doc_check", _("Documents are checked")
    COMPLETION = "completion", _("Completion asked")
    ADVICE = "advice", _("Advice is taken")
    COMMITTEE = "committee", _("Before the committee")
    TRAINING = "training", _("Training is to be finished")
    DESIGNATED = "designated", _("Registered")
    REFUSED = "refused", pgettext_lazy("application", "Refused")
    OBJECTED = "objected", _("Objection is decided")
    REJECTED = "rejected", _("Objection rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")


A = ApplicationState
APPLICATION_STATES = StateMachine(
    field="state",
    moves={
        A.DRAFT: frozenset({A.APPLIED, A.WITHDRAWN}),
        A.APPLIED: frozenset({A.DOC_CHECK, A.WITHDRAWN}),
        A.DOC_CHECK: frozenset({A.COMPLETION, A.ADVICE, A.REFUSED, A.WITHDRAWN}),
        A.COMPLETION: frozenset({A.DOC_CHECK, A.REFUSED, A.WITHDRAWN}),
        A.ADVICE: frozenset({A.COMMITTEE, A.DESIGNATED, A.REFUSED, A.WITHDRAWN}),
        A.COMMITTEE: frozenset({A.TRAINING, A.DESIGNATED, A.REFUSED, A.WITHDRAWN}),
        A.TRAINING: frozenset({A.DESIGNATED, A.REFUSED, A.WITHDRAWN}),
        A.REFUSED: frozenset({A.OBJECTED}),
        A.OBJECTED: frozenset({A.DOC_CHECK, A.REJECTED}),
    },
)
WITH_THE_APPLICANT = (A.DRAFT, A.COMPLETION, A.TRAINING)
WITH_THE_OFFICE = (A.APPLIED, A.DOC_CHECK, A.ADVICE, A.COMMITTEE, A.OBJECTED)
OPEN_APPLICATIONS = (*WITH_THE_APPLICANT, *WITH_THE_OFFICE)


class RegistrationState(models.TextChoices):
    """Where a registration stands. "Maintained" after a hearing is `REGISTERED` again."""

    REGISTERED = "registered", pgettext_lazy("broker", "Registered")
    WARNED = "warned", pgettext_lazy("broker", "Warned")
    SUSPENDED = "suspended", pgettext_lazy("broker", "Suspended")
    HEARING = "hearing", _("Hearing is held")
    CANCELLED = "cancelled", pgettext_lazy("broker", "Cancelled")


R = RegistrationState
REGISTRATION_STATES = StateMachine(
    field="state",
    moves={
        R.REGISTERED: frozenset({R.WARNED, R.SUSPENDED, R.HEARING}),
        R.WARNED: frozenset({R.REGISTERED, R.SUSPENDED, R.HEARING}),
        R.SUSPENDED: frozenset({R.REGISTERED, R.HEARING}),
        R.HEARING: frozenset({R.REGISTERED, R.WARNED, R.SUSPENDED, R.CANCELLED}),
    },
)
MAY_TAKE_NEW_WORK = (R.REGISTERED, R.WARNED)


class DocumentKind(models.TextChoices):
    ARTICLES = "articles", _("Articles of incorporation")
    BUSINESS_PLAN = "business_plan", _("Business plan")
    GUIDELINE = "guideline", _("Working guideline")
    NETWORK = "network", _("Proof of the information network")
    CERTIFICATE = "certificate", _("Certificate of a qualification")
    CAREER = "career", _("Proof of career")
    TRAINING = "training", _("Certificate of training")
    OTHER = "other", pgettext_lazy("document", "Other")
