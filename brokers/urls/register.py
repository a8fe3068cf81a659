from django.urls import path, re_path

from brokers.views import entry, ratings, register

NUMBER = r"(?P<number>B[AT][0-9]{10})"
urlpatterns = [
    path("brokers/", register.register, name="register"),
    path("brokers/register.csv", register.register_csv, name="register_csv"),
    path("brokers/register.json", register.register_json, name="register_json"),
    path("brokers/data/", register.open_data, name="register_data"),
    path("brokers/order/", register.order, name="register_order"),
    path("brokers/compare/", register.compare, name="register_compare"),
    path("brokers/entry/", entry.my_entries, name="my_entries"),
    re_path(rf"^brokers/entry/{NUMBER}/$", entry.entry, name="entry"),
    re_path(rf"^brokers/{NUMBER}/$", register.broker, name="broker"),
    path("brokers/ratings/", ratings.ratings, name="ratings"),
    path("brokers/ratings/new/<uuid:public_id>/", ratings.rating_new, name="rating_new"),
    path("brokers/ratings/<uuid:public_id>/", ratings.rating, name="rating"),
    path("brokers/ratings/<uuid:public_id>/edit/", ratings.rating_edit, name="rating_edit"),
    path("brokers/ratings/<uuid:public_id>/answer/", ratings.answer, name="rating_answer"),
    path("brokers/ratings/<uuid:public_id>/reply/", ratings.reply, name="rating_reply"),
    path("brokers/ratings/texts/<uuid:public_id>/report/", ratings.report, name="rating_text_report"),
    path("brokers/ratings/texts/<uuid:public_id>/hide/", ratings.hide, name="rating_text_hide"),
    path("brokers/ratings/texts/<uuid:public_id>/keep/", ratings.keep, name="rating_text_keep"),
    path("officer/ratings/", ratings.reported, name="reported_texts"),
]
