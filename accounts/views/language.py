from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's switch; a signed-in person's choice also holds for mails and the next login."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and check_for_language(language):
        known = dict(request.user._meta.get_field("language").flatchoices)
        if language in known:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return django_set_language(request)
