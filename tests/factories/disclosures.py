import io
from datetime import timedelta

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from accounts.enums import Role
from disclosures.enums import DisclosureState, OpeningKind, ScanState
from disclosures.models import ConfidentialFile, Disclosure, Opening, Terms
from disclosures.services.load_terms import load_terms, read_product
from marketplace.core.files import DocumentType
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.tech_listings import ListingFactory

SECRET = "촉매 조성 3:1 kanarienvogel"


def terms() -> Terms:
    """The usual text as it comes with the product."""
    if not Terms.objects.filter(listing=None).exists():
        load_terms(rows=read_product(), at=timezone.now())
    return Terms.objects.get(listing=None, version=1)


def pdf(pages: int = 2, words: str = "Composition", **canvas) -> bytes:
    """A PDF with a line of text on each page; the same words give the same bytes."""
    made = io.BytesIO()
    drawn = Canvas(made, pagesize=(595, 842), invariant=1, **canvas)
    for number in range(1, pages + 1):
        drawn.drawString(72, 700, f"{words} {number}")
        drawn.showPage()
    drawn.save()
    return made.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    return made.getvalue()


class SecretListingFactory(ListingFactory):
    """A published technology with a confidential text."""

    confidential_text = SECRET
    confidential_reason = "특허에 없는 노하우"


class ConfidentialFileFactory(factory.django.DjangoModelFactory):
    """A PDF of two pages that was not scanned."""

    class Meta:
        model = ConfidentialFile

    class Params:
        data = factory.LazyFunction(pdf)

    listing = factory.SubFactory(SecretListingFactory)
    name = factory.Sequence(lambda n: f"배합표 {n}.pdf")
    type = DocumentType.PDF
    size = factory.LazyAttribute(lambda o: len(o.data))
    checksum = factory.Sequence(lambda n: f"{n:064x}")
    content = factory.LazyAttribute(lambda o: ContentFile(o.data, "x"))
    uploaded_at = factory.LazyFunction(timezone.now)
    uploaded_by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.listing.holder).user)
    scan_state = ScanState.NOT_SCANNED


class DisclosureFactory(factory.django.DjangoModelFactory):
    """Offered; with `accepted=True` accepted by a manager of the firm; with `revoked=True` closed again."""

    class Meta:
        model = Disclosure

    request = factory.SubFactory(TransferRequestFactory, listing=factory.SubFactory(SecretListingFactory))
    terms = factory.LazyFunction(terms)
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=90))
    opened_at = factory.LazyFunction(timezone.now)
    opened_by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.request.holder).user)

    @classmethod
    def _create(cls, model_class, *args, accepted=False, revoked=False, accepted_by=None, **kwargs):
        """Made by the same steps as in life: the database refuses others."""
        made = super()._create(model_class, *args, **kwargs)
        if accepted:
            firm = made.request.requester
            made.state, made.accepted_at = DisclosureState.ACCEPTED, made.opened_at
            made.accepted_by = accepted_by or MembershipFactory(organization=firm, role=Role.MANAGER).user
            made.accepted_hash = made.terms.text_hash
            made.save()
        if revoked:
            made.state, made.revoked_at, made.revoked_by = DisclosureState.REVOKED, made.opened_at, made.opened_by
            made.save()
        return made


class OpeningFactory(factory.django.DjangoModelFactory):
    """The holder's staff opened the text; with `disclosure` somebody of the firm did."""

    class Meta:
        model = Opening

    listing = factory.LazyAttribute(lambda o: o.disclosure.request.listing if o.disclosure else SecretListingFactory())
    kind = OpeningKind.TEXT
    revision = 1
    disclosure = None
    request = factory.LazyAttribute(lambda o: o.disclosure.request if o.disclosure else None)
    organization = factory.LazyAttribute(lambda o: o.request.requester if o.request else o.listing.holder)
    at = factory.LazyFunction(timezone.now)
    by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.organization).user)
