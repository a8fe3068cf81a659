"""Choices, quotations, orders, claims and payment files, made through the services as people make them."""

import io
import uuid

from django.utils import timezone

from accounts.enums import Role
from accounts.models import BusinessProfile
from programmes.scheme import Paper, PaperStage, Scheme, Service, Words
from tests.factories.accounts import BusinessProfileFactory, MembershipFactory, OrganizationFactory
from tests.factories.brokers.register import agency
from tests.factories.vouchers.money import MILLION, NOW, agreement_row, application_row, call_row, issued, officer
from vouchers.services.claims.answer import accept_claim, submit_claim
from vouchers.services.claims.check import approve_claim, check_claim
from vouchers.services.claims.documents import add_document
from vouchers.services.claims.draft import begin_claim
from vouchers.services.claims.pay import prepare_batch, send_batch
from vouchers.services.claims.results import read_results
from vouchers.services.orders.answer import accept_order
from vouchers.services.orders.choose import ask_quotations, keep_search
from vouchers.services.orders.place import place_order
from vouchers.services.orders.quote import give_quotation

MENU = (
    Service("strategy", Words("사업화 전략", "Strategy"), "consulting", 20 * MILLION),
    Service("market", Words("시장조사", "Market study"), "consulting"),
    Service("prototype", Words("시제품 제작", "Prototype"), "technical", 30 * MILLION),
    Service("promotion", Words("홍보", "Promotion"), "marketing"),
    Service("brokerage", Words("기술거래 중개", "Brokerage"), "brokerage", None, True),
)
PAPERS = (
    Paper("report", Words("결과보고서", "Report"), PaperStage.CLAIM),
    Paper("photo", Words("사진", "Photo"), PaperStage.CLAIM, False),
)
SCHEME = Scheme(notice=Words("기술사업화 바우처"), menu=MENU, papers=PAPERS)


def staff(organization, role=Role.STAFF):
    return MembershipFactory(organization=organization, role=role).user


def known(organization):
    """Says who stands behind it, so that it can be compared."""
    if not BusinessProfile.objects.filter(organization=organization).exists():
        BusinessProfileFactory(organization=organization)
    return organization


def provider(at=NOW, **also):
    """A registered agency that is known, and open to work."""
    made = agency(at=at, **also)
    return known(made.organization)


def voucher(*, government_won=30 * MILLION, own_won=10 * MILLION, scheme=SCHEME, firm=None, at=NOW, call=None,
            plan=None, own_bp=None, **also):  # fmt: skip
    """An issued one of a known firm, a quarter of it own share. `plan`: won by service, as it was agreed on."""
    firm = known(firm or OrganizationFactory())
    call = call or call_row(scheme=scheme, at=at)
    application = application_row(call, firm=firm, government_won=government_won, own_won=own_won, at=at)
    services = [{"key": key, "what": key, "supply_won": won} for key, won in (plan or {}).items()]
    agreement = agreement_row(application, at=at, content={"services": services}, own_bp=own_bp)
    return issued(agreement, at=at, **also)


def choice(made=None, *, service="prototype", query=None, by=None, at=NOW, key=None):
    made = made or voucher(at=at)
    return keep_search(
        voucher=made, service=service, query=query or {}, order_of=timezone.localdate(at),
        by=by or staff(made.holder), at=at, key=key or uuid.uuid4(),
    )  # fmt: skip


def asked(made=None, *, of=None, service="prototype", by=None, at=NOW, deal_won=None):
    """A quotation that `of` was asked for."""
    of = of or provider()
    made = made or voucher(at=at)
    by = by or staff(made.holder)
    kept = choice(made, service=service, by=by, at=at)
    found = ask_quotations(
        choice=kept, providers=[of.public_id], task="Build a first prototype", answer_by=timezone.localdate(at),
        deal_won=deal_won, by=by, at=at,
    )  # fmt: skip
    return found[0]


def given(made=None, *, supply_won=8 * MILLION, vat_won=None, days=30, by=None, at=NOW, **also):
    quotation = asked(made, at=at, **also)
    return give_quotation(
        quotation=quotation, supply_won=supply_won, vat_won=supply_won // 10 if vat_won is None else vat_won, days=days,
        text="With drawings and a report", by=by or staff(quotation.provider), at=at,
    )  # fmt: skip


def placed(made=None, *, by=None, at=NOW, why="Knows the field best", **also):
    quotation = given(made, at=at, **also)
    by = by or staff(quotation.choice.voucher.holder)
    return place_order(quotation=quotation, why=why, key=uuid.uuid4(), by=by, at=at)


def running(made=None, *, at=NOW, **also):
    order = placed(made, at=at, **also)
    return accept_order(order=order, by=staff(order.provider), at=at)


def paper(words="delivered"):
    return io.BytesIO(f"%PDF-1.4\n{words}\n%%EOF\n".encode())


def drafted(order=None, *, supply_won=None, vat_won=None, by=None, at=NOW, invoice=None, papers=True):
    order = order or running(at=at)
    by = by or staff(order.provider)
    claim = begin_claim(
        order=order, supply_won=supply_won, vat_won=vat_won, text="Prototype and report",
        invoice_number=invoice or f"20261120-{uuid.uuid4().hex[:12]}", invoice_on=timezone.localdate(at),
        key=uuid.uuid4(), by=by, at=at,
    )  # fmt: skip
    if papers:
        for key in ("deliverable", "report"):
            add_document(claim=claim, key=key, file=paper(key), name=f"{key}.pdf", by=by, at=at)
    return claim


def submitted(order=None, *, at=NOW, **also):
    claim = drafted(order, at=at, **also)
    return submit_claim(claim=claim, by=claim.written_by, at=at)


def accepted(order=None, *, at=NOW, **also):
    claim = submitted(order, at=at, **also)
    return accept_claim(claim=claim, by=staff(claim.order.voucher.holder), at=at)


def office_of(claim):
    return claim.order.voucher.line.call.office


def checked(order=None, *, at=NOW, by=None, **also):
    claim = accepted(order, at=at, **also)
    return check_claim(claim=claim, by=by or officer(office_of(claim)), at=at)


def approved(order=None, *, at=NOW, **also):
    claim = checked(order, at=at, **also)
    return approve_claim(claim=claim, by=officer(office_of(claim)), at=at)


def prepared(*claims, at=NOW, by=None):
    claims = claims or (approved(at=at),)
    call = claims[0].order.voucher.line.call
    return prepare_batch(
        call=call, claims=[claim.public_id for claim in claims], key=uuid.uuid4(), by=by or officer(call.office), at=at
    )


def sent(*claims, at=NOW):
    batch = prepared(*claims, at=at)
    return send_batch(batch=batch, by=officer(batch.call.office), at=at)


def result_file(batch, result="paid", *, at=NOW, only=None, **changed):
    """The treasury's answer as bytes; `only` are claims, `changed` other cells of each row."""
    lines = ["payment,amount_won,result,day,text"]
    for payment in batch.payments.order_by("pk"):
        if only is None or payment.claim in only:
            cells = {
                "payment": payment.public_id, "amount_won": payment.total_won, "result": result,
                "day": timezone.localdate(at), "text": "",
            } | changed  # fmt: skip
            lines.append(",".join(str(cell) for cell in cells.values()))
    return "\r\n".join(lines).encode()


def answered(batch, result="paid", *, by=None, at=NOW, **also):
    content = io.BytesIO(result_file(batch, result, at=at, **also))
    return read_results(batch=batch, file=content, name="result.csv", by=by or officer(batch.call.office), at=at)


def paid(order=None, *, at=NOW, **also):
    """A claim that went all the way."""
    claim = approved(order, at=at, **also)
    answered(sent(claim, at=at), at=at)
    claim.refresh_from_db()
    return claim
