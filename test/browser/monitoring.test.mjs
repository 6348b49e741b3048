// Whether Vigil itself lives: the page decides by what it no longer hears, and the test patient tries the whole chain for a watcher
// outside.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openPage, openWard } from './browser.mjs';
import { FrozenThread } from './frozen_thread.mjs';
import { Server } from './server.mjs';

const SHIM = process.env.FULL_SHIM;
const STOPPED_WITHIN_MS = 10_000;

const monitoring = (page, state, timeout = 30_000) => page.waitForFunction((wanted) => document.documentElement.dataset.monitoring === wanted, state, { timeout });

/** Each page that staff have open, and those that nobody is signed in at. */
async function openEveryPage(browser, server) {
  const pages = [];
  for (const path of ['/signin', '/sender']) {
    const page = await openPage(browser);
    await page.goto(server.url + path);
    pages.push(page);
  }
  for (const path of ['/', '/#/patient/nobody', '/administration', '/handover']) {
    const page = await openWard(browser, server);
    if (path !== '/') await page.goto(server.url + path);
    pages.push(page);
  }
  return pages;
}

describe('the chain', { timeout: 400_000 }, () => {
  let browser;
  let server;
  let watcher;
  const signals = [];

  before(async () => {
    browser = await launch();
    watcher = createServer((request, response) => {
      signals.push({ at: Date.now(), method: request.method, url: request.url });
      response.writeHead(200).end();
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => watcher.once('listening', ready));
    server = new Server();
    const way = join(server.folder, 'way.json');
    writeFileSync(way, JSON.stringify({ dead_man_url: `http://127.0.0.1:${watcher.address().port}/ping/1`, dead_man_method: 'POST' }));
    server.options = ['--second-way', way, '--test-patient', '--test-every', '90'];
    await server.start();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    watcher?.close();
  });

  it('is tried by the test patient: its alarm at a station feeds the watcher outside', async () => {
    const ward = await openWard(browser, server);
    await ward.locator('.test-line').filter({ hasText: 'TEST alarm: has not arrived yet' }).waitFor();
    const made = JSON.parse(server.command('station', 'add', '--label', 'Desk'));
    const station = await openPage(browser);
    for (const until = Date.now() + 2000; ; await wait(100)) {
      await station.goto(server.url + made.path);
      if (await station.evaluate(() => document.getElementById('page') !== null)) break;
      assert.ok(Date.now() < until, 'the link of a new station works');
    }
    await station.locator('.sound-line').getByRole('button').click();
    await station.waitForFunction(() => document.documentElement.dataset.sound === 'on');
    await ward.locator('.test-line').filter({ hasText: /TEST alarm: arrived \d+ s ago/ }).waitFor({ timeout: 150_000 });
    for (const until = Date.now() + 5_000; signals.length === 0 && Date.now() < until; ) await wait(50);
    assert.deepEqual(signals.map(({ method, url }) => [method, url]), [['POST', '/ping/1']]);
    // It is no patient: no tile, not counted, no high alarm over the page.
    for (const page of [ward, station]) {
      assert.equal(await page.locator('.tile').count(), 0);
      assert.match(await page.locator('.counts').textContent(), /^0 patients/);
      assert.equal(await page.locator('.strip-alarm').count(), 0);
    }
    await station.screenshot({ path: 'out/test-patient.png' });
    await station.context().close();
    assert.deepEqual(ward.faults, []);
    await ward.context().close();
  });

  it('that stands still is MONITORING STOPPED on every page within 10 s: the detector alone', async () => {
    const pages = await openEveryPage(browser, server);
    for (const page of pages) await monitoring(page, 'on');
    await wait(9_000);
    assert.deepEqual(await pages[0].evaluate(async () => Object.keys(await (await fetch('/v1/ward/chain')).json())), ['chain_us'], 'whoever is not signed in is told that one fact');
    for (const page of pages) assert.equal(await page.evaluate(() => document.documentElement.dataset.monitoring), 'on');
    const frozen = await FrozenThread.freeze(server.process.pid, 'detector');
    const stoppedAt = Date.now();
    try {
      for (const page of pages) {
        await monitoring(page, 'stopped');
        assert.match(await page.locator('.banner.stopped').textContent(), /MONITORING STOPPED ?since \d\d:\d\d:\d\d \(\d+ s\)/);
        assert.ok(['live', undefined].includes(await page.evaluate(() => document.documentElement.dataset.connection)), 'the feed itself goes on');
      }
      assert.ok(Date.now() - stoppedAt < STOPPED_WITHIN_MS + 1_500, `${Date.now() - stoppedAt} ms`);
      await pages[2].screenshot({ path: 'out/monitoring-stopped.png' });
      await pages[0].screenshot({ path: 'out/monitoring-stopped-signin.png' });
      await pages[1].screenshot({ path: 'out/monitoring-stopped-sender.png' });
    } finally {
      await frozen.thaw();
    }
    for (const page of pages) {
      await monitoring(page, 'on');
      assert.equal(await page.locator('.banner.stopped').isVisible(), false);
      await page.context().close();
    }
  });

  it('that stands still is MONITORING STOPPED on every page within 10 s: the whole server', async () => {
    const page = await openWard(browser, server);
    await monitoring(page, 'on');
    server.process.kill('SIGSTOP');
    const stoppedAt = Date.now();
    try {
      await monitoring(page, 'stopped');
      assert.ok(Date.now() - stoppedAt < STOPPED_WITHIN_MS + 1_500, `${Date.now() - stoppedAt} ms`);
      await page.locator('.banner.lost').waitFor();
    } finally {
      server.process.kill('SIGCONT');
    }
    await monitoring(page, 'on');
    await page.context().close();
  });
});

describe('a journal that takes nothing', { timeout: 300_000, skip: !SHIM && 'FULL_SHIM is not set' }, () => {
  let browser;
  let server;

  before(async () => {
    browser = await launch();
    server = new Server();
    server.full = join(server.folder, 'full');
    server.environment = { LD_PRELOAD: SHIM, FULL_FOR: '/journal/', FULL_WHILE: server.full, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
    await server.start();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('is MONITORING STOPPED on every page, and is over when it takes again', async () => {
    const pages = await openEveryPage(browser, server);
    for (const page of pages) await monitoring(page, 'on');
    writeFileSync(server.full, '');
    for (const page of pages) {
      await monitoring(page, 'stopped');
      assert.match(await page.locator('.banner.stopped').textContent(), /MONITORING STOPPED/);
    }
    await pages[2].locator('.banner').filter({ hasText: 'SERVER CANNOT STORE' }).waitFor({ timeout: 30_000 });
    assert.equal(server.process.exitCode, null, 'it goes on');
    await pages[2].screenshot({ path: 'out/journal-full.png' });
    rmSync(server.full);
    for (const page of pages) {
      await monitoring(page, 'on', 60_000);
      assert.equal(await page.locator('.banner.stopped').isVisible(), false);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });
});
