from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from accounts.views.language import set_language
from marketplace.core import views as core_views

urlpatterns = [
    path("", include("portal.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("tech_listings.urls")),
    path("", include("matching.urls")),
    path("", include("obligations.urls")),
    path("", include("brokers.urls")),
    path("", include("deals.urls")),
    path("", include("royalties.urls")),
    path("", include("programmes.urls")),
    path("", include("vouchers.urls")),
    path("", include("policy.urls")),
    path("", include("open_data.urls")),
    path("", include("disclosures.urls")),
    path("inbox/", include("notifications.urls")),
    path("language/", set_language, name="set_language"),
    path("api/", include("marketplace.api")),
]
if settings.DEBUG or settings.IEUM_ENV == "test":
    from marketplace.core import gallery

    urlpatterns.append(path("components/", login_not_required(gallery.components), name="components"))

handler400 = core_views.bad_request
handler403 = core_views.permission_denied
handler404 = core_views.page_not_found
