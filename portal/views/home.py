from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from marketplace.core.waiting import Waiting
from portal.queries.home import CALLS, NEWEST, figures, open_calls
from portal.queries.waiting import waiting_on
from portal.wording.help import ROLES
from tech_listings.models import Listing

MAILS_SHOWN = 100


@login_not_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The front door: search first; for those signed in, what waits on them before anything else."""
    now = timezone.now()
    context = {
        "figures": figures(now),
        "roles": ROLES,
        "newest": Listing.objects.published().for_list()[:NEWEST],
        "calls": open_calls(now)[:CALLS],
        "waiting": _waiting(request) if request.user.is_authenticated else [],
        "is_development": settings.IEUM_ENV == "development",
    }
    return render(request, "portal/home.html", context)


def _waiting(request: SignedInRequest) -> list[Waiting]:
    return waiting_on(request.user, request.organization, timezone.localdate())


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
