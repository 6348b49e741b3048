// Shows a call as a notification, also while no page is open, and brings the ward to the patient where somebody clicks it. The build
// writes it to /push-worker.js with its words (vite.config.ts); nothing else runs in it.
const words = '%words%';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => event.waitUntil(show(read(event.data))));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.patient));
});

/** What cannot be read is shown all the same: somebody is called. */
function read(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {};
  }
}

function show(call) {
  const [title, body] = said(call);
  return self.registration.showNotification(title, {
    body,
    tag: call.patient ? `${call.patient}/${call.condition}` : 'call',
    renotify: true,
    requireInteraction: true,
    icon: '/icon.svg',
    data: { patient: call.patient ?? '' },
  });
}

function said({ reason, condition, priority, label, since, made }) {
  const time = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (reason === 'test') return [words.test, `${words.testBody} ${time(made)}`];
  if (!condition) return [words.unread, words.unreadBody];
  return [`${words.marks[priority] ?? ''} ${condition.toUpperCase()}: ${label}`.trim(), `${words.since} ${time(since)}. ${words.reasons[reason] ?? ''}`.trim()];
}

/** An open ward shows the patient; else a new page does. */
async function open(patient) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const ward = pages.find(({ url }) => new URL(url).pathname === '/');
  if (!ward) {
    await self.clients.openWindow(patient ? `/#/patient/${encodeURIComponent(patient)}` : '/');
    return;
  }
  ward.postMessage({ open: patient });
  await ward.focus();
}
