from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import second_factor
from accounts.forms import TokenForm
from accounts.http import SignedInRequest, posted
from accounts.models import ApiToken
from accounts.services.tokens import create_token, revoke_token
from marketplace.core.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
@never_cache
def tokens(request: SignedInRequest) -> HttpResponse:
    """The person's tokens. A new one is shown in the answer to the POST and nowhere else."""
    form = TokenForm(posted(request))
    created, text = None, ""
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            created, text = create_token(
                name=form.cleaned_data["name"],
                days=form.cleaned_data["days"],
                second_factor=second_factor.used_in_session(request, request.user),
                by=request.user,
                at=now,
            )
            form = TokenForm()
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    usable = ApiToken.objects.visible_to(request.user).usable(now).order_by("-created_at")
    context = {"form": form, "tokens": usable, "created": created, "text": text}
    return render(request, "accounts/tokens.html", context)


@require_POST
def revoke(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), public_id=public_id)
    revoke_token(token=token, by=request.user, at=timezone.now())
    messages.success(request, _("“%(name)s” no longer works.") % {"name": token.name})
    return redirect("accounts:tokens")
