"""What home, search and a technology weigh on the way to a phone, and that nothing moves once it is shown.

The test server sends static files as they are; in production they go out packed (WhiteNoise, Brotli), so what a file
weighs here is what it is packed. Pages themselves are not packed. Fonts are counted apart: they come by letters.
"""

import brotli
import pytest

from tests.factories.tech_listings import ListingFactory

MOST_BYTES = 400_000
MOST_SHIFT = 0.01
PACKED = (".css", ".js", ".svg", ".json", ".webmanifest")
SHIFTS = """() => new Promise((done) => {
  const found = [];
  const place = (box) => [box.x, box.y, box.width, box.height].map(Math.round).join(" ");
  const named = (node) => node ? `${node.nodeName} ${node.className || node.textContent.slice(0, 30)}` : "";
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) found.push({
      value: entry.value,
      what: entry.sources.map((one) => `${named(one.node)}: ${place(one.previousRect)} to ${place(one.currentRect)}`),
    });
  }).observe({ type: "layout-shift", buffered: true });
  document.fonts.ready.then(() => setTimeout(() => done(found), 500));
})"""


def weighed(answer):
    body = answer.body()
    path = answer.url.split("?")[0]
    return len(brotli.compress(body)) if "/static/" in path and path.endswith(PACKED) else len(body)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["ko-KR", "en-US", "zh-CN"])
@pytest.mark.parametrize("path", ["/", "/technologies/?q=수소", "/search/?q=수소", "{listing}"])
def test_a_page_is_light_and_stands_still(new_context, path, language, phone):
    listings = ListingFactory.create_batch(8, title_ko="수소 저장 용기", title_en="Hydrogen store", title_zh="氢气储存")
    path = path.format(listing=f"/technologies/{listings[0].number}/")
    page, answers = new_context(phone=phone, locale=language).new_page(), []
    page.on("response", lambda answer: answers.append(answer))  # Playwright marks what it calls: no builtin
    page.goto(path)
    page.wait_for_load_state("networkidle")
    shifts = page.evaluate(SHIFTS)
    fonts = [answer for answer in answers if answer.url.endswith(".woff2")]
    rest = {answer.url: weighed(answer) for answer in answers if answer not in fonts and answer.ok}
    assert sum(rest.values()) <= MOST_BYTES, rest
    assert sum(each["value"] for each in shifts) < MOST_SHIFT, shifts
    assert fonts
    assert not any("subset" in answer.url for answer in fonts)
