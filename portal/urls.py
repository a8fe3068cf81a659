from django.urls import path

from portal.views import app, crawlers, help_pages, home, search, statistics

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search_all, name="search"),
    path("statistics/", statistics.statistics_page, name="statistics"),
    path("statistics/<slug:key>.csv", statistics.statistics_export, name="statistics_export"),
    path("help/", help_pages.help_index, name="help"),
    path("help/<slug:role>/", help_pages.help_role, name="help_role"),
    path("sitemap.xml", crawlers.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>-<int:part>.xml", crawlers.sitemap_part, name="sitemap_part"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("worker.js", app.worker, name="worker"),
    path("offline/", app.offline, name="offline"),
    path("development/mail/", home.development_mail, name="development_mail"),
]
