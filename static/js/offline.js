// The page without network: what was read and kept by the worker, newest first, as a list to open.
(async function () {
  "use strict";
  const place = document.querySelector("[data-kept]");
  if (!place || !("caches" in window)) return;
  const list = document.createElement("ul");
  place.append(list);
  const read = await caches.open("ieum-read-1");
  for (const key of (await read.keys()).reverse()) {
    const kept = await read.match(key, { ignoreVary: true });
    const page = new DOMParser().parseFromString(await kept.text(), "text/html");
    const title = page.querySelector("h1");
    if (!title) continue;
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = new URL(key.url).pathname;
    link.textContent = title.textContent.trim();
    line.lang = page.documentElement.lang;
    line.append(link);
    list.append(line);
    place.hidden = false;
  }
})();
