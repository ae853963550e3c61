/**
 * A service worker of this folder alone: it keeps what Python starts from, for a start
 * without a network. Its address names these files, so another pack replaces it.
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

async function answer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match(request.url);
    if (!found) throw error;
    return found;
  }
}

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
