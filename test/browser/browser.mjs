// Debian's Chromium with a fresh profile; a page remembers every address that it asked for.
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { Server } from './server.mjs';

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

/** What all tests of a file share; there once the first of them runs. Each file has a process of its own. */
export let browser;
export let server;

/** Starts both before a file's tests, and ends them behind the last. */
export function startBoth(...options) {
  before(async () => {
    browser = await launch();
    server = await new Server(...options).start();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
}

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

/** A browser plays nothing before somebody has clicked. */
export const soundOn = async (page) => {
  await page.getByRole('button', { name: 'Switch the sound on' }).click();
  await page.locator('.sound-line').waitFor({ state: 'hidden' });
};
