// Shows a page of ours when there is no network. It keeps that page and its looks, nothing else: no page with anybody's
// data, no answer of the API, and it never touches what is sent.

const { cache: CACHE, offline: OFFLINE, shell: SHELL } = JSON.parse("{{ setup|escapejs }}");

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("message", (event) => event.waitUntil(speak(event.data.language)));

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(orKept(request, OFFLINE));
  else if (SHELL.includes(new URL(request.url).pathname)) event.respondWith(orKept(request, request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll([OFFLINE, ...SHELL].map((path) => new Request(path, { cache: "reload", credentials: "omit" })));
  await skipWaiting();
}

// Keep the page in the language in which its reader reads the others.
async function speak(language) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(OFFLINE, { ignoreVary: true });
  if (kept?.headers.get("Content-Language") === language) return;
  const answer = await fetch(`${OFFLINE}?${new URLSearchParams({ language })}`, { credentials: "omit" });
  if (answer.ok) await cache.put(OFFLINE, answer);
}

async function takeOver() {
  const former = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(former.map((name) => caches.delete(name)));
  await clients.claim();
}

async function orKept(request, kept) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match(kept, { ignoreVary: true });
    if (!found) throw error;
    return found;
  }
}
