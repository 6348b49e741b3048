// Lets the sender's page open without a network. It answers for /sender and what that page loads, and for nothing else: calls of
// the server (/v1/) always go to the server.
const CACHE = 'vigil-sender-1';

self.addEventListener('install', (event) => {
  event.waitUntil(keepPage().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

/** The page and all that it names; parts of an older build go. */
async function keepPage() {
  const page = await fetch('/sender', { cache: 'no-store' });
  if (!page.ok) throw new Error(String(page.status));
  const named = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]);
  const cache = await caches.open(CACHE);
  await cache.addAll(named);
  await cache.put('/sender', page);
  for (const kept of await cache.keys()) {
    const { pathname } = new URL(kept.url);
    if (pathname !== '/sender' && !named.includes(pathname)) await cache.delete(kept);
  }
}

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/v1/')) return;
  if (event.request.mode === 'navigate') {
    if (pathname === '/sender') event.respondWith(newestPage(event));
    return;
  }
  event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});

/** From the server where it answers; a new build is then kept too. */
async function newestPage(event) {
  try {
    const page = await fetch(event.request);
    if (page.ok) event.waitUntil(keepPage().catch(() => {}));
    return page;
  } catch {
    return (await caches.match('/sender')) ?? Response.error();
  }
}
