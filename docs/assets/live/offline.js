/**
 * A service worker of this folder alone: it keeps what Python starts from, for a start
 * that asks for little, or without a network. Its address names these files, so another
 * pack replaces it.
 */

const name = `live ${location.search}`;
const addresses = new URLSearchParams(location.search).getAll("file");
const requests = addresses.map((address) => new Request(address, { cache: "force-cache" }));

async function keep() {
  const kept = await caches.open(name);
  await kept.addAll(requests);
  await self.skipWaiting();
}

async function forgetOthers() {
  const others = (await caches.keys()).filter((each) => each.startsWith("live ") && each !== name);
  await Promise.all(others.map((each) => caches.delete(each)));
}

/** Tell whether an address changes with what lies there, so that what is kept is right. */
const isNamedByContent = (url) => /[0-9a-f]{8}(\/|\.zip)/.test(new URL(url).pathname);

async function answer(request) {
  const kept = await caches.match(request.url);
  if (kept && isNamedByContent(request.url)) return kept;
  return fetch(request).catch((error) => {
    if (!kept) throw error;
    return kept;
  });
}

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
