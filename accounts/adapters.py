"""Where allauth meets our User: name and language at sign-up, mail in the receiver's language."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.http import set_language_cookie
from accounts.models import User

log = structlog.get_logger(__name__)


class Site:
    """What allauth's mail templates call `current_site`: our name, not the host name."""

    name = settings.SITE_NAME
    domain = settings.SITE_URL.split("://")[-1]
    url = settings.SITE_URL


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        user.name = form.cleaned_data["name"]
        user.language = form.cleaned_data["language"]
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the person it goes to; of the page when nobody has that address."""
        receiver = context.get("user") or User.objects.filter(email=email.lower()).first()
        try:
            with translation.override(receiver.language if receiver else translation.get_language()):
                super().send_mail(template_prefix, email, {"current_site": Site, **context})
        except OSError as error:  # smtplib's errors are OSErrors too
            log.warning("mail_not_sent", kind=template_prefix, error=type(error).__name__)
            messages.error(self.request, _("The mail could not be sent just now. Ask for it again in a few minutes."))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        translation.activate(user.language)
        response = super().post_login(request, user, **kwargs)
        set_language_cookie(response, user.language)
        return response
