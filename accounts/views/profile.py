from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import CloseForm, ProfileForm
from accounts.http import SignedInRequest, posted, set_language_cookie
from accounts.second_factor import has_second_factor
from accounts.services.close import close_account, personal_data
from marketplace.core.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(posted(request), instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        translation.activate(user.language)
        messages.success(request, _("Saved."))
        response: HttpResponse = redirect("accounts:profile")
        set_language_cookie(response, user.language)
        return response
    if form.errors:
        # The header shows the name: not the one that was refused.
        request.user.refresh_from_db(fields=["name", "language", "mail_rate"])
    context = {
        "form": form,
        "memberships": request.user.active_memberships(),
        "unconfirmed": EmailAddress.objects.filter(user=request.user, verified=False).first(),
        "has_second_factor": has_second_factor(request.user),
    }
    return render(request, "accounts/profile.html", context)


@require_safe
def data_download(request: SignedInRequest) -> JsonResponse:
    """Everything kept about the person, as a file."""
    data = personal_data(request.user)
    headers = {
        "Content-Disposition": f'attachment; filename="my-data-{timezone.localdate():%Y-%m-%d}.json"',
        "Cache-Control": "no-store",
    }
    return JsonResponse(data, headers=headers, json_dumps_params={"ensure_ascii": False, "indent": 2})


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
def close(request: SignedInRequest) -> HttpResponse:
    form = CloseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            close_account(by=request.user, at=timezone.now())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            logout(request)
            messages.success(request, _("Your account is closed."))
            return HttpResponseRedirect("/")
    return render(request, "accounts/close.html", {"form": form})
