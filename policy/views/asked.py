"""What the views of survey, index and plans begin with."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.http import SignedInRequest
from accounts.models import Organization

PER_PAGE = 50


def for_officers(request: SignedInRequest) -> None:
    """Raise `PermissionDenied` for who is no officer for the survey."""
    if not request.user.has_perm("policy.govern"):
        raise PermissionDenied


def own_institute(request: SignedInRequest) -> Organization:
    """The institute for which the person works now, in any role. Raises `PermissionDenied` without one."""
    here = request.organization
    if here is None or not request.user.has_perm("policy.read_survey", here):
        raise PermissionDenied
    return here


def year_asked(request: HttpRequest, known: list[int]) -> int | None:
    """`?year=` where it is one of `known`, else the newest of them; None where there is none."""
    given = request.GET.get("year", "")
    if given.isascii() and given.isdigit() and len(given) == 4 and int(given) in known:
        return int(given)
    return max(known, default=None)


def revision_posted(request: HttpRequest) -> int:
    """The revision that was on the page; 0, which nothing has, where nonsense was sent."""
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def retyped(form: forms.Form, seen: int | str, *, name: str = "revision") -> None:
    """What was typed stays in the form, which knows from now on what it would write over."""
    typed: Any = form.data
    kept = typed.copy()
    kept[name] = str(seen)
    form.data = kept
