"""Every address, every kind of person, without the buttons (lessons F24); and no outsider sees the canary (F19)."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

from tests.architecture.access import ADDRESSES, PEOPLE, POST_ONLY, THIRD_PARTY
from tests.architecture.world import ASKED, HIDDEN, World


def names(resolver, spaces=()):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield ":".join([*spaces, pattern.name or str(pattern.pattern)])
        else:
            yield from names(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces)


@pytest.mark.usefixtures("once")  # it reads no rows
def test_every_address_has_a_row():
    assert sorted(set(names(get_resolver())) - THIRD_PARTY) == sorted(ADDRESSES)


@pytest.fixture(scope="module")
def new_world(once):
    return once(World)


@pytest.fixture
def world(new_world):
    return new_world()


def address(world, name, spec):
    value = world
    for part in spec.split(".") if spec else ():
        value = getattr(value, part)
    values = value if isinstance(value, tuple) else (value,)
    return reverse(name, args=values if spec else [])


OUTSIDE = ("anonymous", "newcomer", "other", "officer")
ANSWERS = (200, 400)  # 400 where nothing was asked
# Officers read who works for a broker, and the draft of their own office, in which the canary stands.
OF_THEIR_DRAFT = ("programmes:call_copy", *(f"programmes-api:office-call{end}" for end in ("", "s", "-notice")))
OVERSEEN = {("officer", name) for name in ("brokers-api:staff", *OF_THEIR_DRAFT)}


# Whose pages people of a broker see, and nobody of this world.
OF_BROKERS = {"brokers:staff_answer", "brokers:staff_end", "brokers:reported_deal_remove"}
# Only managers of an office decide on merges; the office of this world has none.
OF_OFFICE_MANAGERS = {"accounts:merge_carry_out", "accounts:merge_decline", "accounts:merge_withdraw"}
# Only members of a panel sit on it; nobody of these four does.
OF_PANELS = {"programmes:panel_answer", "programmes:panel_declare", "programmes:panel_score"}


def test_what_only_takes_a_form_leads_to_the_page_where_it_stands(world):
    """Opened anew, kept, or after signing in. Somebody gets that page, and nobody a refusal of the method."""
    seen, wrong = {}, []
    for who in ("firm", "staff", "manager", "officer"):
        client = world.client_of(who)
        for name, (spec, row) in ADDRESSES.items():
            asked = address(world, name, spec)
            if row != POST_ONLY or client.options(asked).headers.get("Allow") != "POST":
                continue
            got = client.get(f"{asked}?tab=new", follow=True)
            first = got.redirect_chain[0][0].removesuffix("?tab=new")
            if not asked.startswith(first) or got.status_code == 405:
                wrong.append(f"{who} at {name}: {first}, {got.status_code}")
            seen.setdefault(name, set()).add(got.status_code)
    assert wrong == []
    assert {name for name, codes in seen.items() if 200 not in codes} == OF_BROKERS | OF_OFFICE_MANAGERS | OF_PANELS


def says_what_is_closed(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return HIDDEN in content.decode(errors="replace")


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_what_the_table_says(world, who):
    """And whoever is outside reads nothing of the canary in it, also where the answer is a refusal."""
    client, column = world.client_of(who), PEOPLE.index(who)
    wrong, leaks = [], []
    for name, (spec, row) in ADDRESSES.items():
        response = client.get(address(world, name, spec))
        if response.status_code != row[column]:
            wrong.append(f"{name}: {response.status_code}, not {row[column]}")
        if who in OUTSIDE and (who, name) not in OVERSEEN and says_what_is_closed(response):
            leaks.append(name)
    assert (wrong, leaks) == ([], [])


@pytest.mark.parametrize("who", OUTSIDE)
def test_nobody_outside_sees_what_is_closed(world, who):
    """The canary stands in a draft, a withdrawn technology, a confidential part with its file and terms, a request and
    a message to a manager.

    Asking for its first word must not bring up the second, on any page, list, count, export or answer of the API. Of
    what answers with a refusal or leads elsewhere, the test above reads every word.
    """
    client, column, leaks = world.client_of(who), PEOPLE.index(who), []
    for name, (spec, row) in ADDRESSES.items():
        if (who, name) in OVERSEEN:
            continue
        if row[column] in ANSWERS and says_what_is_closed(client.get(address(world, name, spec), {"q": ASKED})):
            leaks.append(name)
    assert leaks == []
