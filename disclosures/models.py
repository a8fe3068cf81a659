from datetime import date
from hashlib import sha256
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organization, User
from deals.enums.requests import AnswerKind, RequestState
from deals.models import TransferRequest
from disclosures.enums import DISCLOSURE_STATES, SCAN_STATES, DisclosureState, OpeningKind, ScanState
from disclosures.querysets import ConfidentialFileQuerySet, DisclosureQuerySet, OpeningQuerySet, TermsQuerySet
from marketplace.core.files import DocumentType, private_storage
from marketplace.core.models import PublicId, TimeStamped
from marketplace.core.watermark import MARKED
from tech_listings.models import Listing

LONGEST_TERMS = 20_000
LONGEST_REASON = 500
HEX = r"^[0-9a-f]{64}$"


class Terms(PublicId):
    """A version of the confidentiality terms, as data: of the house, or a holder's own for one of its listings.

    Never changed (`migrations/0002_guards`): another text is another version. `text_hash` is what an acceptance quotes.
    `is_assumption`: written by us and not yet approved by a lawyer of the operator.
    """

    listing = models.ForeignKey(
        Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="confidentiality_terms"
    )
    version = models.PositiveSmallIntegerField(_("Version"))
    text_ko = models.TextField(_("Text (Korean)"), max_length=LONGEST_TERMS, blank=True)
    text_en = models.TextField(_("Text (English)"), max_length=LONGEST_TERMS, blank=True)
    text_hash = models.CharField(max_length=64)
    is_assumption = models.BooleanField(_("Assumption"), default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = TermsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="terms_have_a_text", condition=~Q(text_ko="") | ~Q(text_en="")),
            models.CheckConstraint(name="terms_hash_is_hex", condition=Q(text_hash__regex=HEX)),
            models.CheckConstraint(
                name="terms_of_a_listing_have_an_author",
                condition=Q(listing__isnull=True) | Q(created_by__isnull=False),
            ),
            models.UniqueConstraint(fields=["listing", "version"], name="terms_version_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id or 'house'} v{self.version}"

    def text_in(self, language: str) -> str:
        """The text in `language` where there is one. The Korean one counts where both are there."""
        return (self.text_en or self.text_ko) if not language.startswith("ko") else (self.text_ko or self.text_en)


def hash_of(*, text_ko: str, text_en: str) -> str:
    """SHA-256 over both texts, with their lengths, so that no two pairs of texts have one hash."""
    return sha256(f"{len(text_ko)}\n{text_ko}\n{len(text_en)}\n{text_en}".encode()).hexdigest()


def place_of(file: Any, name: str) -> str:
    """Nothing of the given name: it may hold anything."""
    return f"confidential/{file.public_id}"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class ConfidentialFile(PublicId, TimeStamped):
    """A file of a listing's confidential part. Its content never changes; removed or infected, it is gone for good.

    `size` in bytes, `checksum` the SHA-256 of the content. `scan_note` is what the scanner said. `scanning_at` is the
    last sign of life of a worker that scans it, empty while nobody does.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="confidential_files")
    name = models.CharField(_("File name"), max_length=255)
    type = models.CharField(_("Kind"), max_length=80, choices=DocumentType)
    size = models.PositiveBigIntegerField(_("Size"))
    checksum = models.CharField(max_length=64)
    content = models.FileField(upload_to=place_of, storage=private_storage, max_length=200, blank=True)
    uploaded_at = models.DateTimeField(pgettext_lazy("file", "Sent"))
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    scan_state = models.CharField(_("Virus scan"), max_length=20, choices=ScanState, default=ScanState.NOT_SCANNED)
    scan_note = models.CharField(max_length=300, blank=True)
    scan_attempts = models.PositiveSmallIntegerField(default=0)
    scanning_at = models.DateTimeField(null=True, blank=True)
    scanned_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ConfidentialFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="secret_file_type_known", condition=Q(type__in=DocumentType.values)),
            models.CheckConstraint(name="secret_file_scan_state_known", condition=Q(scan_state__in=ScanState.values)),
            models.CheckConstraint(name="secret_file_not_empty", condition=Q(size__gt=0) & ~Q(name="")),
            models.CheckConstraint(name="secret_file_checksum_is_hex", condition=Q(checksum__regex=HEX)),
            models.CheckConstraint(
                name="secret_file_gone_has_no_content",
                condition=(Q(removed_at__isnull=False) | Q(scan_state=ScanState.INFECTED)) & Q(content="")
                | (Q(removed_at__isnull=True) & ~Q(scan_state=ScanState.INFECTED) & ~Q(content="")),
            ),
            models.CheckConstraint(
                name="secret_file_removed_pair",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="secret_file_verdict_says_when",
                condition=~Q(scan_state__in=[ScanState.CLEAN, ScanState.INFECTED]) | Q(scanned_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["listing", "checksum"],
                name="secret_file_once_per_listing",
                condition=Q(removed_at__isnull=True) & ~Q(scan_state=ScanState.INFECTED),
            ),
        ]
        indexes = [
            models.Index(fields=["listing", "uploaded_at"], name="secret_files_of_listing"),
            models.Index(
                fields=["updated_at"],
                name="secret_files_to_scan",
                condition=Q(scan_state__in=["waiting", "failed", "not_scanned"], removed_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="scan_moves", field="scan_state", transitions=SCAN_STATES.pairs()),
            pgtrigger.ReadOnly(
                name="sent_once",
                fields=["listing", "name", "type", "size", "checksum", "uploaded_at", "uploaded_by"],
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_deliverable(self) -> bool:
        """Whether it may be handed out: as `ConfidentialFileQuerySet.deliverable` for the settings there are."""
        good = {ScanState.CLEAN} if settings.CLAMD_ADDRESS else {ScanState.CLEAN, ScanState.NOT_SCANNED}
        return self.removed_at is None and self.scan_state in good

    @property
    def is_marked(self) -> bool:
        """Whether its downloads carry a watermark."""
        return self.type in MARKED


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Disclosure(PublicId, TimeStamped):
    """The holder opens the confidential part of a listing to a request, once its firm's manager accepts the terms.

    `ends_on` is the last day, in Korea. `accepted_hash` quotes the text that was accepted. Who offers, accepts and for
    whom, and that an acceptance is never changed, is kept by `migrations/0002_guards`.
    """

    request = models.ForeignKey(TransferRequest, on_delete=models.PROTECT, related_name="disclosures")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="disclosures")
    state = models.CharField(_("State"), max_length=20, choices=DisclosureState, default=DisclosureState.OFFERED)
    ends_on = models.DateField(_("Open until"))
    opened_at = models.DateTimeField(_("Offered"))
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(_("Accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_hash = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoke_reason = models.CharField(_("Reason"), max_length=LONGEST_REASON, blank=True)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="disclosure_state_known", condition=Q(state__in=DisclosureState.values)),
            models.CheckConstraint(
                name="disclosure_acceptance_complete",
                condition=Q(accepted_at__isnull=False, accepted_by__isnull=False, accepted_hash__regex=HEX)
                | Q(accepted_at__isnull=True, accepted_by__isnull=True, accepted_hash=""),
            ),
            models.CheckConstraint(
                name="disclosure_state_has_its_fields",
                condition=Q(state=DisclosureState.OFFERED, accepted_at__isnull=True)
                | Q(state=DisclosureState.ACCEPTED, accepted_at__isnull=False)
                | Q(state=DisclosureState.REVOKED),
            ),
            models.CheckConstraint(
                name="disclosure_revoked_complete",
                condition=Q(state=DisclosureState.REVOKED, revoked_at__isnull=False, revoked_by__isnull=False)
                | (
                    ~Q(state=DisclosureState.REVOKED)
                    & Q(revoked_at__isnull=True, revoked_by__isnull=True, revoke_reason="")
                ),
            ),
            models.UniqueConstraint(
                fields=["request"],
                name="disclosure_one_standing_per_request",
                condition=~Q(state=DisclosureState.REVOKED),
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="disclosure_moves", field="state", transitions=DISCLOSURE_STATES.pairs()),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"

    def is_open_on(self, day: date) -> bool:
        """As `DisclosureQuerySet.open_on`, for a row whose request is loaded."""
        return self.state == DisclosureState.ACCEPTED and self.ends_on >= day and not is_closed(self.request)

    def is_over_on(self, day: date) -> bool:
        """Its last day has passed, or its request was withdrawn or declined."""
        return self.state != DisclosureState.REVOKED and (self.ends_on < day or is_closed(self.request))

    @property
    def is_open(self) -> bool:
        return self.is_open_on(timezone.localdate())

    @property
    def is_over(self) -> bool:
        return self.is_over_on(timezone.localdate())


def is_closed(request: TransferRequest) -> bool:
    """Whether nothing can be opened to a request any more: withdrawn by the firm, or declined."""
    return request.state == RequestState.WITHDRAWN or request.answer_kind == AnswerKind.DECLINED


class Opening(PublicId):
    """Somebody opened the confidential text or a file. Written once, kept for good (`migrations/0002_guards`).

    `revision` is the listing's when its text was opened, `checksum` that of the file. `request` and `disclosure` are
    empty where the holder's own people did. `organization` is for whom.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="openings")
    kind = models.CharField(_("What was opened"), max_length=10, choices=OpeningKind)
    file = models.ForeignKey(ConfidentialFile, null=True, blank=True, on_delete=models.PROTECT, related_name="openings")
    revision = models.PositiveIntegerField(_("Version"))
    checksum = models.CharField(max_length=64, blank=True)
    is_marked = models.BooleanField(default=False)
    request = models.ForeignKey(
        TransferRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="openings"
    )
    disclosure = models.ForeignKey(Disclosure, null=True, blank=True, on_delete=models.PROTECT, related_name="openings")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField(_("Opened at"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="openings")

    objects = OpeningQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="opening_kind_known", condition=Q(kind__in=OpeningKind.values)),
            models.CheckConstraint(
                name="opening_of_a_file_names_it",
                condition=Q(kind=OpeningKind.FILE, file__isnull=False, checksum__regex=HEX)
                | (~Q(kind=OpeningKind.FILE) & Q(file__isnull=True, checksum="", is_marked=False)),
            ),
            models.CheckConstraint(
                name="opening_for_a_request_has_its_grant",
                condition=Q(request__isnull=True, disclosure__isnull=True)
                | Q(request__isnull=False, disclosure__isnull=False),
            ),
        ]
        indexes = [
            models.Index(F("listing"), F("at").desc(), name="openings_of_listing"),
            models.Index(F("request"), F("at").desc(), name="openings_for_request", condition=Q(request__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.listing_id} by {self.by_id}"
