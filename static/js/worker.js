// The service worker. VERSION, KEPT and OFFLINE stand before this, written by the server.
// It keeps three things: the frame (styles), the page without network, and the last public technologies that were read
// signed out. What the server does not mark with “Ieum-Offline: keep” is never kept; the server marks nothing for
// people who are signed in. Signing in or out empties what was read.
"use strict";

const FRAME = `ieum-frame-${VERSION}`;
const READ = "ieum-read-1";
const MOST_READ = 30;
const MOST_FRAME = 120;
const PEOPLE_CHANGE = /^\/accounts\/(log|signup|password\/reset\/key)/;
// What is put at installing comes never again, so it is never thrown out.
const ALWAYS = new Set([...KEPT, ...Object.values(OFFLINE)].map((url) => new URL(url, self.location.origin).href));

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const frame = await caches.open(FRAME);
      const pages = Object.values(OFFLINE).map((url) => new Request(url, { credentials: "omit", cache: "reload" }));
      await frame.addAll([...KEPT, ...pages]);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith("ieum-") && ![FRAME, READ].includes(name));
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

async function trim(cache, most) {
  const keys = (await cache.keys()).filter((key) => !ALWAYS.has(key.url));
  await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((key) => cache.delete(key)));
}

async function keep(request, response) {
  const cache = await caches.open(READ);
  await cache.delete(request, { ignoreSearch: true });
  await cache.put(request, response);
  await trim(cache, MOST_READ);
}

async function withoutNetwork(request) {
  const read = await caches.open(READ);
  const found = await read.match(request, { ignoreSearch: true, ignoreVary: true });
  if (found) return found;
  const language = await languageOfTheReader(read);
  const frame = await caches.open(FRAME);
  return (await frame.match(OFFLINE[language], { ignoreVary: true })) || Response.error();
}

// Another person may use the device next: messages for the last one stop. Who signs in again turns them on again.
async function tellNothing() {
  const asked = await self.registration.pushManager.getSubscription();
  if (asked) await asked.unsubscribe();
}

// Of the page that was read last, else of the device.
async function languageOfTheReader(read) {
  const keys = await read.keys();
  const last = keys.length ? await read.match(keys[keys.length - 1], { ignoreVary: true }) : null;
  const asked = (last && last.headers.get("Content-Language")) || self.navigator.language || "ko";
  return Object.keys(OFFLINE).find((code) => code.slice(0, 2) === asked.slice(0, 2).toLowerCase()) || "ko";
}

async function page(event) {
  const request = event.request;
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected && response.headers.get("Ieum-Offline") === "keep") {
      event.waitUntil(keep(new Request(request.url), response.clone()));
    } else if (response.ok || [403, 404, 410].includes(response.status)) {
      // What may not be kept any more, closed since or read signed in, is not shown as it was either.
      // It was kept under a plain request, so what the answer varies by is no reason to leave it.
      const gone = { ignoreSearch: true, ignoreVary: true };
      event.waitUntil(caches.open(READ).then((read) => read.delete(request, gone)));
    }
    return response;
  } catch (error) {
    return withoutNetwork(request);
  }
}

// Names of static files carry their content in production: what is kept is right. In development the network comes first.
async function part(request) {
  try {
    const response = await fetch(request);
    if (response.ok && response.type === "basic") {
      const frame = await caches.open(FRAME);
      await frame.put(request, response.clone());
      await trim(frame, MOST_FRAME);
    }
    return response;
  } catch (error) {
    const frame = await caches.open(FRAME);
    return (await frame.match(request, { ignoreVary: true })) || Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && PEOPLE_CHANGE.test(url.pathname)) {
    event.waitUntil(Promise.all([caches.delete(READ), tellNothing()]));
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/") && ["style", "script", "font", "image"].includes(request.destination))
    event.respondWith(part(request));
});

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data ? event.data.json() : {};
  } catch (error) {
    told = {};
  }
  if (!told.title) return;
  event.waitUntil(
    self.registration.showNotification(String(told.title), {
      tag: String(told.id || "ieum"),
      lang: told.lang,
      icon: told.icon,
      data: { url: String(told.url || "/") },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil(self.clients.openWindow(url.href));
});
