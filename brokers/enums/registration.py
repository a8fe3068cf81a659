"""Registration of agencies and traders: kinds, requirements and state tables (domain-facts.md §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

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
    APPLIED = "applied", pgettext_lazy("application", "Applied")
    DOC_CHECK = "doc_check", _("Documents being checked")
    COMPLETION = "completion", _("Completion asked")
    ADVICE = "advice", _("Advice is taken")
    COMMITTEE = "committee", _("Before the committee")
    TRAINING = "training", _("Training is to be finished")
    DESIGNATED = "designated", pgettext_lazy("application", "Registered")
    REFUSED = "refused", pgettext_lazy("application", "Refused")
    OBJECTED = "objected", _("Objection under review")
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


OBJECTION_DAYS = 30
"""An assumption: no source names the time for objecting to a refused registration. Thirty days hold for objections to
decisions on R&D (R&D Innovation Act art. 14)."""


class ApplicationPart(models.TextChoices):
    """The parts of an application, as its pages show them."""

    BASICS = "basics", _("Representative and speciality")
    NETWORK = "network", _("Information network for technology")
    ROUTE = "route", _("Route and career")
    TRAINING = "training", _("Training of traders")
    STAFF = "staff", _("Qualified full-time staff")
    DOCUMENTS = "documents", _("Documents")


P = ApplicationPart
PARTS_OF = {
    RegistrationKind.AGENCY: (P.BASICS, P.STAFF, P.NETWORK, P.DOCUMENTS),
    RegistrationKind.TRADER: (P.BASICS, P.ROUTE, P.TRAINING, P.DOCUMENTS),
}
"""By kind, in the order of the page."""

PARTS_TO_COMPLETE = {
    RequirementKey.QUALIFIED_STAFF: (P.STAFF, P.DOCUMENTS),
    RequirementKey.GUIDELINE: (P.DOCUMENTS,),
    RequirementKey.NETWORK: (P.NETWORK, P.DOCUMENTS),
    RequirementKey.ARTICLES: (P.DOCUMENTS,),
    RequirementKey.BUSINESS_PLAN: (P.DOCUMENTS,),
    RequirementKey.CAREER: (P.ROUTE, P.DOCUMENTS),
    RequirementKey.TRAINING: (P.TRAINING, P.DOCUMENTS),
}
"""What opens when an officer asks to complete a requirement; for every other one, the basics and the documents."""


class Outcome(models.TextChoices):
    """What the check says of a requirement."""

    MET = "met", pgettext_lazy("requirement", "Met")
    MISSING = "missing", pgettext_lazy("requirement", "Missing")
    UNCLEAR = "unclear", pgettext_lazy("requirement", "Unclear")


class RegistrationState(models.TextChoices):
    """Where a registration stands. "Maintained" after a hearing is `REGISTERED` again.

    Suspended and cancelled it becomes by the decision after a hearing only (`migrations/…_guards_of_cases`).
    """

    REGISTERED = "registered", pgettext_lazy("broker", "Registered")
    WARNED = "warned", pgettext_lazy("broker", "Warned")
    SUSPENDED = "suspended", pgettext_lazy("broker", "Suspended")
    HEARING = "hearing", _("Hearing under way")
    CANCELLED = "cancelled", pgettext_lazy("broker", "Cancelled")


R = RegistrationState
REGISTRATION_STATES = StateMachine(
    field="state",
    moves={
        R.REGISTERED: frozenset({R.WARNED, R.HEARING}),
        R.WARNED: frozenset({R.REGISTERED, R.HEARING}),
        R.SUSPENDED: frozenset({R.REGISTERED, R.WARNED, R.HEARING}),
        R.HEARING: frozenset({R.REGISTERED, R.WARNED, R.SUSPENDED, R.CANCELLED}),
    },
)
MAY_TAKE_NEW_WORK = (R.REGISTERED, R.WARNED, R.HEARING)
"""Nothing is decided yet while a hearing is ahead; who was suspended before it has a day until when."""


class DocumentKind(models.TextChoices):
    ARTICLES = "articles", _("Articles of incorporation")
    BUSINESS_PLAN = "business_plan", _("Business plan")
    GUIDELINE = "guideline", _("Working guideline")
    NETWORK = "network", _("Proof of the information network")
    CERTIFICATE = "certificate", _("Certificate of a qualification")
    CAREER = "career", _("Proof of career")
    TRAINING = "training", _("Certificate of training")
    OTHER = "other", pgettext_lazy("document", "Other")


DOCUMENTS_OF = {
    RegistrationKind.AGENCY: (
        DocumentKind.ARTICLES, DocumentKind.BUSINESS_PLAN, DocumentKind.GUIDELINE, DocumentKind.NETWORK,
        DocumentKind.CERTIFICATE, DocumentKind.OTHER,
    ),
    RegistrationKind.TRADER: (
        DocumentKind.CAREER, DocumentKind.TRAINING, DocumentKind.CERTIFICATE, DocumentKind.OTHER
    ),
}  # fmt: skip
"""The kinds of documents that are sent with an application, by its kind."""

# What `data/requirements.json` says of sources, for the message catalogues.
REQUIREMENT_SOURCES = (
    gettext_noop(
        "Technology Transfer and Commercialization Promotion Act art. 10 and enforcement decree art. 16, as "
        "in force since 24 March 2026."
    ),
    gettext_noop("Act art. 10, decree art. 16: a corporation"),
    gettext_noop(
        "Act art. 10, decree art. 16(1): full-time traders, lawyers, patent attorneys, accountants or "
        "professional engineers"
    ),
    gettext_noop("Act art. 10, decree art. 16(2): a written working guideline after the ministry's notice"),
    gettext_noop(
        "Act art. 10, decree art. 16(3): an information network for collecting, managing and distributing technology"
    ),
    gettext_noop("Act art. 10, decree art. 16: attached to the application"),
    gettext_noop("Act art. 10, decree art. 16(4): since a cancellation"),
    gettext_noop(
        "Technology Transfer and Commercialization Promotion Act art. 14 and enforcement decree art. 21, as "
        "in force since 24 March 2026. Assumed here: six months since a cancellation, as for agencies, and "
        "that one route alone reaches three years."
    ),
    gettext_noop("Act art. 14, decree art. 21(1)"),
    gettext_noop("Act art. 14, decree art. 21(2)"),
    gettext_noop("Act art. 14, decree art. 21(3)"),
    gettext_noop("Act art. 14, decree art. 21(4)"),
    gettext_noop("Act art. 14, decree art. 21(5)"),
    gettext_noop("Act art. 14, decree art. 21(6): after the ministry's notice, or recognised by the committee"),
    gettext_noop("Act art. 14, decree art. 21: law, marketing and management, practice, other"),
    gettext_noop("Assumption: the Act names no time for traders; taken from agencies, Act art. 10"),
)
