from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from brokers.queries.cases import waiting_on as cases_waiting_on
from brokers.queries.duties import waiting_on as broker_duties_waiting_on
from brokers.queries.fees import waiting_on as fees_waiting_on
from brokers.queries.office import waiting_on as office_waiting_on
from brokers.queries.ratings import waiting_on as ratings_waiting_on
from brokers.queries.registration import waiting_on as applications_waiting_on
from brokers.queries.work import waiting_on as mandates_waiting_on
from deals.queries.contracts import waiting_on as contracts_waiting_on
from deals.queries.negotiation import waiting_on as negotiations_waiting_on
from deals.queries.requests import waiting_on
from matching.queries import waiting_on as needs_waiting_on
from obligations.duty_queries import waiting_on as duties_waiting_on
from obligations.work import waiting_on as work_waiting_on
from portal.queries import figures
from programmes.queries.review_waiting import waiting_on as review_waiting_on
from royalties.queries.calendar import waiting_on as royalties_waiting_on
from tech_listings.models import Listing
from tech_listings.queries import waiting_on as confirmations_waiting_on
from vouchers.queries.waiting import waiting_on as vouchers_waiting_on

MAILS_SHOWN = 100


@login_not_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The front door: search first; for those signed in, what waits on them before anything else."""
    context = {
        "figures": figures(),
        "newest": Listing.objects.published().for_list()[:6],
        "waiting": _waiting(request) if request.user.is_authenticated else [],
        "is_development": settings.IEUM_ENV == "development",
    }
    return render(request, "portal/home.html", context)


def _waiting(request: SignedInRequest) -> list[Any]:
    """Requests first: an answer to them was promised."""
    here = (request.user, request.organization)
    duties = [*work_waiting_on(*here), *duties_waiting_on(*here, at=timezone.now())]
    brokers = [*mandates_waiting_on(*here), *fees_waiting_on(*here), *cases_waiting_on(*here)]
    brokers += [*applications_waiting_on(*here), *office_waiting_on(*here)]
    brokers += [*broker_duties_waiting_on(*here), *ratings_waiting_on(*here)]
    deals = [*waiting_on(*here), *negotiations_waiting_on(*here), *contracts_waiting_on(*here)]
    waiting = [*deals, *royalties_waiting_on(*here), *brokers, *duties, *review_waiting_on(*here)]
    waiting += [*vouchers_waiting_on(*here), *needs_waiting_on(*here)]
    return [*waiting, *confirmations_waiting_on(*here)]


@dataclass(frozen=True)
class Mail:
    name: str
    subject: str
    to: str
    date: str
    body: str


@login_not_required
@require_safe
def development_mail(request: HttpRequest) -> HttpResponse:
    """The mails this copy would have sent, newest first. Only in development."""
    if settings.IEUM_ENV != "development":
        raise Http404
    folder = Path(settings.MAIL_FOLDER)
    files = sorted(folder.glob("*.log"), key=lambda f: f.stat().st_mtime, reverse=True) if folder.is_dir() else []
    mails = [mail for file in files[:MAILS_SHOWN] for mail in _read(file)]
    return render(request, "portal/development_mail.html", {"mails": mails[:MAILS_SHOWN], "folder": folder.name})


def _read(file: Path) -> list[Mail]:
    separator = b"\n" + b"-" * 79 + b"\n"
    mails = []
    for raw in file.read_bytes().split(separator):
        if not raw.strip():
            continue
        message = BytesParser(policy=policy.default).parsebytes(raw)
        part = message.get_body(preferencelist=("plain",))
        body = part.get_content() if part else ""
        mails.append(Mail(file.name, str(message["subject"]), str(message["to"]), str(message["date"]), body))
    return mails[::-1]
