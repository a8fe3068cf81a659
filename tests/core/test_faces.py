"""The frame of every page: reachable by keyboard, in the reader's language, safe, there even when all else fails."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.utils import translation

from marketplace.core.pagination import BoundedPaginator
from marketplace.core.templatetags import faces

TEMPLATES = Path(settings.BASE_DIR) / "templates"
ERROR_PAGES = ["400", "403", "404", "409", "413", "429", "500", "busy", "csrf_failure"]
LOGIN = "/accounts/login/"


class Sample(forms.Form):
    title = forms.CharField(label="Title", help_text="One sentence.")
    note = forms.CharField(label="Note", required=False)
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "Alpha"), ("b", "Beta")], widget=forms.CheckboxSelectMultiple
    )
    agree = forms.BooleanField(label="Agree")


def draw(source: str, **context: object) -> str:
    """`source` rendered as a page template would be, components included."""
    from django_cotton.compiler_regex import CottonCompiler

    return Template(CottonCompiler().process(source)).render(Context(context))


def test_page_starts_with_a_link_to_its_content(client):
    page = client.get(LOGIN).content.decode()

    first_link = re.search(r"<body.*?<a [^>]*href=\"([^\"]+)\"", page, re.S)
    assert first_link is not None
    assert first_link[1] == "#main"
    assert '<main id="main" tabindex="-1">' in page


@pytest.mark.parametrize("language", ["ko", "en", "zh-hans"])
def test_page_says_which_language_it_is_in(client, language):
    client.post(reverse("set_language"), {"language": language, "next": LOGIN})

    assert f'<html lang="{language}"' in client.get(LOGIN).content.decode()


def test_language_switch_keeps_page_and_query(client):
    page = client.get(LOGIN + "?next=/inbox/%3Fpage%3D2").content.decode()
    kept = re.search(r'name="next" value="([^"]+)">\s*<button type="submit" name="language"', page)

    assert kept is not None
    answer = client.post(reverse("set_language"), {"language": "en", "next": kept[1]})
    assert answer.url == LOGIN + "?next=/inbox/%3Fpage%3D2"


def test_page_title_is_also_the_heading(client):
    page = client.get(reverse("components")).content.decode()

    title = re.search(r"<title>(.*?) · ", page)
    assert title is not None
    assert f"<h1>{title[1]}</h1>" in page


def test_policy_allows_nothing_inline(client):
    policy = client.get(LOGIN)["Content-Security-Policy"]

    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_templates_have_nothing_that_the_policy_forbids():
    forbidden = re.compile(r"""\sstyle=|\son[a-z]+=["']|javascript:""")
    script = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>")
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert not forbidden.search(text), template
        assert not script.search(text), template


def test_templates_escape_what_they_show():
    """What is HTML says so itself (`format_html`); a template that trusts a text trusts whoever typed it."""
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"\|\s*safe(seq)?\b|autoescape off", template.read_text()), template


def test_component_values_are_variables_or_literals():
    """Cotton gives nothing, silently, for filters and comparisons in `:name="…"`."""
    value = re.compile(r"""\s:[a-z_]+="([^"{]*)\"""")
    plain = re.compile(r"-?\d+|True|False|None|[A-Za-z_][\w.]*")
    for template in TEMPLATES.rglob("*.html"):
        for given in value.findall(template.read_text()):
            assert plain.fullmatch(given), f"{template}: {given}"


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_page_needs_no_context(name, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = get_template(f"{name}.html").render()

    assert "<h1>" in page
    assert 'href="/"' in page


def test_error_page_shows_the_sentence_of_the_rule():
    assert "Somebody else was first &amp; won." in render_to_string(
        "409.html", {"message": "Somebody else was first & won."}
    )


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("address", ["/no/such/page/", "/technologies/S1999000001/", "/inventor/wrong/"])
def test_missing_page_is_in_style(client, db, address, debug):
    with override_settings(DEBUG=debug):
        answer = client.get(address)

    assert answer.status_code == 404
    assert 'class="error-page' in answer.content.decode()


@pytest.mark.parametrize("debug", [False, True])
def test_missing_address_of_the_api_is_answered_in_its_shape(client, debug):
    with override_settings(DEBUG=debug):
        answer = client.get("/api/v1/no-such-thing/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_missing_slash_is_added_in_development_too(client):
    with override_settings(DEBUG=True):
        assert client.get("/technologies")["Location"] == "/technologies/"


def test_gallery_is_not_served_in_production():
    urls = (Path(settings.BASE_DIR) / "marketplace" / "urls.py").read_text()

    assert re.search(r"if settings\.DEBUG.*:\n(?:    .*\n|\n)*    urlpatterns\.append\(path\(\"components/", urls)


def test_gallery_draws_every_component(client):
    page = client.get(reverse("components"))

    assert page.status_code == 200
    assert "<c-" not in page.content.decode()
    source = (TEMPLATES / "components.html").read_text()
    for component in (TEMPLATES / "cotton").glob("*.html"):
        tag = "c-" + component.stem.replace("_", "-")
        if tag != "c-error-page":
            assert f"<{tag}" in source, f"{tag} is not shown in the gallery"


def test_form_names_its_errors_at_the_top_and_at_the_field():
    form = Sample({"title": "", "agree": "on"})

    drawn = str(form)

    assert drawn.index('role="alert"') < drawn.index("<input")
    assert 'href="#id_title"' in drawn
    assert 'id="id_title_error"' in drawn
    title = re.search(r'<input[^>]*name="title"[^>]*>', drawn)
    assert title is not None
    assert 'aria-describedby="id_title_helptext id_title_error"' in title[0]
    assert 'aria-invalid="true"' in title[0]
    assert 'class="krds-input"' in title[0]


def test_form_marks_what_may_be_left_out():
    drawn = str(Sample())

    assert drawn.count('class="optional"') == 1
    assert re.search(r"Note <span class=\"optional\">", drawn)


def test_group_of_boxes_has_a_legend_and_labels():
    drawn = str(Sample())

    assert re.search(r"<legend[^>]*>Kinds", drawn)
    assert drawn.count('class="check"') == 3


@pytest.mark.parametrize(
    ("language", "shown"), [("ko", "50,000,000원 (5천만 원)"), ("en", "KRW 50,000,000"), ("zh-hans", "50,000,000 韩元")]
)
def test_amount_is_said_as_people_say_it(language, shown):
    with translation.override(language):
        assert shown in draw('<c-won :amount="amount" />', amount=50_000_000)


def test_amount_that_is_not_given_is_not_zero():
    assert "–" in draw('<c-won :amount="amount" />', amount=None)
    assert "0" in draw('<c-won :amount="amount" />', amount=0)


def test_moment_is_shown_in_korean_time_with_its_zone():
    with translation.override("en"):
        drawn = draw('<c-datetime :value="value" />', value=datetime(2026, 3, 1, 15, 30, tzinfo=UTC))

    assert 'datetime="2026-03-02T00:30:00+09:00"' in drawn
    assert "2 Mar 2026 00:30 KST" in drawn


def test_day_has_no_time_of_day():
    with translation.override("en"):
        assert ">31 Dec 2026<" in draw('<c-datetime :value="value" />', value=date(2026, 12, 31))


def test_pages_keep_the_query_and_leave_gaps():
    request = RequestFactory().get("/technologies/", {"q": "수소", "trl": ["4", "7"], "page": "7"})
    page = Paginator(range(1000), 20).get_page(7)

    drawn = draw('<c-pagination :page="page" />', page=page, request=request)

    assert re.findall(r'class="page-number[^"]*"[^>]*><span[^>]*>[^<]*</span>(\d+)', drawn) == [
        "1",
        "6",
        "7",
        "8",
        "50",
    ]
    assert drawn.count("…") == 2
    assert "q=%EC%88%98%EC%86%8C&amp;trl=4&amp;trl=7&amp;page=8" in drawn


class Found(list):
    """As a search gives it: `more` says that there are more, `many` that these are more than are counted."""

    more = many = False


@pytest.mark.parametrize(
    ("held", "more", "many", "text"),
    [
        (4_987, False, False, "4,987"),
        (4_987, True, False, "4,900+"),
        (4_987, True, True, "10,000+"),
        (12, True, False, "12+"),
        (0, False, False, "0"),
    ],
)
def test_pages_say_that_counting_stopped(held, more, many, text):
    found = Found(range(held))
    found.more, found.many = more, many
    paginator = BoundedPaginator(found, 20)

    drawn = draw('<c-pagination :page="page" />', page=paginator.get_page(1))

    assert paginator.count_text == text
    assert paginator.count == held
    assert ("More were found" in drawn) == (more and held > 20)


def test_a_day_or_time_stands_close_to_the_stop_after_it():
    at = datetime(2026, 12, 11, 2, 13, tzinfo=UTC)

    assert "KST</time>.)" in draw('(<c-datetime :value="at" />.)', at=at)


def test_button_with_address_is_a_link_and_passes_attributes_on():
    assert re.match(r'\s*<a href="/x/"', draw('<c-button href="/x/">Go</c-button>'))
    drawn = draw('<c-button name="action" value="1" hx-post="/y/">Go</c-button>')
    assert '<button type="submit"' in drawn
    assert 'hx-post="/y/"' in drawn


def test_component_escapes_what_people_typed():
    drawn = draw('<c-card href="/" title="{{ title }}" />', title="<script>alert(1)</script>")

    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_what_python_draws_escapes_what_people_typed():
    evil = "<b>\"'"
    boxes = faces.choice_boxes(evil, [SimpleNamespace(value=evil, label=evil, count=1204, chosen=True)], "checkbox")
    for drawn in (faces.marked([(evil, True), (evil, False)]), faces.spans([evil], "tag"), boxes):
        assert "<b>" not in drawn
        assert "&lt;b&gt;&quot;&#x27;" in drawn
    assert faces.marked([("수소", True), (" 저장", False)]) == "<mark>수소</mark> 저장"
    assert " checked>" in boxes
    assert "1,204" in boxes
    since = faces.day_since(datetime(2026, 11, 25, 20, tzinfo=UTC), evil)
    assert since.startswith('<span class="muted">&lt;b&gt;')
    assert 'datetime="2026-11-26"' in since, "a moment is on a day of Korea"


def test_masthead_is_shown_only_when_switched_on(client):
    assert 'class="masthead"' not in client.get(LOGIN).content.decode()
    with override_settings(SHOW_MASTHEAD=True):
        assert 'class="masthead"' in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(("language", "day"), [("ko", "2026-12-08"), ("en", "8 Dec 2026"), ("zh-hans", "2026-12-08")])
def test_a_day_is_written_in_one_way_in_each_language(language, day):
    moment = datetime(2026, 12, 8, 9, 5, tzinfo=UTC)
    with translation.override(language):
        said = draw(
            '{{ d }}|{{ d|date }}|{{ d|date:"SHORT_DATE_FORMAT" }}|<c-datetime :value="d" />|'
            '{{ m }}|<c-datetime :value="m" />',
            d=moment.date(), m=moment,
        )  # fmt: skip
    days = [re.sub(r"<[^>]+>", "", each) for each in said.split("|")]
    assert days == [*[day] * 4, f"{day} 18:05", f"{day} 18:05 KST"]


def test_a_day_out_of_a_document_is_written_as_the_others():
    with translation.override("en"):
        assert faces.stored_day("2019-07-30") == "30 Jul 2019"


def test_no_template_writes_days_in_a_way_of_its_own():
    """Values of inputs are for machines; months and times of day are no days."""
    own = re.compile(r'(?<!value=")\{\{[^{}]*\|date:"[^"_]*[dj][^"_]*"')
    named = re.compile(r'=[\w.]+\|date:"[^"_]*[dj][^"_]*"')
    found = [
        f"{path.relative_to(TEMPLATES)}:{number}"
        for path in TEMPLATES.rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if own.search(line) or named.search(line)
    ]
    assert found == []
