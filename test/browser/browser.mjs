// Debian's Chromium with a fresh profile; a page remembers every address that it asked for.
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, colorScheme: 'dark', ...options });
  const page = await context.newPage();
  page.asked = [];
  page.faults = [];
  page.on('request', (request) => page.asked.push(request.url()));
  page.on('websocket', (socket) => page.asked.push(socket.url()));
  page.on('pageerror', (error) => page.faults.push(String(error)));
  return page;
}

/** Opens the ward by a new one-time link; `prepare(page)` comes before its first document. */
export async function openWard(browser, server, { prepare, ...options } = {}) {
  const page = await openPage(browser, options);
  await prepare?.(page);
  const link = server.command('link').trim().split(/\s+/).find((word) => word.includes('token='));
  await page.goto(server.url + link.slice(link.indexOf('/signin')));
  await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');
  return page;
}

export const tile = (page, patient) => page.locator(`.tile[data-patient="${patient}"]`);

export const waitFor = (page, patient, name, value, timeout = 30_000) =>
  page.locator(`.tile[data-patient="${patient}"][data-${name}="${value}"]`).waitFor({ timeout });
