"""`?lang=` asks for a page in a language, this once."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/help/", "/statistics/", "/search/", "/technologies/", "/brokers/", "/calls/"])
@pytest.mark.parametrize("language", ["ko", "en", "zh-hans"])
def test_every_public_page_has_an_address_per_language(client, path, language):
    page = client.get(path, {"lang": language}, headers={"accept-language": "en"})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["Content-Language"] == language
    assert '<html lang="en">' in client.get(path, headers={"accept-language": "en"}).text


def test_programs_ask_by_header_and_an_unknown_parameter_is_refused(client):
    assert client.get("/api/v1/search/", {"q": "a", "lang": "ko"}).status_code == 400
