// Alarms from the heart's own samples to a person who acknowledges them on the page.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { violations } from './accessible.mjs';
import { browser, openWard, server, soundOn, startBoth, tile, waitFor } from './browser.mjs';
import { alarmSettings, post, recordedAlarms, Strap } from './strap.mjs';

startBoth();

/** Waits for a text in a place of the page. */
const says = (page, selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: 30_000 });
/** Counts the pulses that a page has begun. */
function countTones() {
  window.tones = 0;
  const create = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.tones++;
    return create.call(this);
  };
}
const inNote = (page, text) => says(page, '[data-patient="known"] .tile-note', text);

describe('an alarm that is off', { timeout: 400_000 }, () => {
  let page;
  let other;
  let strap;

  before(async () => {
    page = await openWard(browser, server, { bypassCSP: true });
    other = await openWard(browser, server, { prepare: (opened) => opened.addInitScript(countTones) });
    await soundOn(other);
    strap = new Strap(server, 'known').start();
    strap.rate = 150;
    await tile(page, 'known').waitFor();
    assert.equal(await alarmSettings(page, 'known', { switched_on: true, reason: 'admitted' }), 204);
    await waitFor(other, 'known', 'alarm', 'medium', 60_000);
    await page.goto(`${server.url}/#/patient/known`);
  });

  after(async () => {
    await alarmSettings(page, 'known', { switched_on: false });
    await strap.stop();
    for (const opened of [page, other]) await opened.context().close();
  });

  it('needs a reason and an end, and is seen on every page', async () => {
    const row = page.locator('.alarm').filter({ hasText: 'TACHYCARDIA' });
    await row.getByRole('button', { name: 'Switch off' }).click();
    const form = page.locator('.detail .off-form');
    await form.getByRole('button', { name: 'Switch off' }).click();
    assert.equal(await form.getByRole('alert').textContent(), 'Say why: it is shown on every page.');
    assert.equal(await form.getByLabel('Reason').getAttribute('aria-invalid'), 'true');
    assert.equal(await tile(other, 'known').getAttribute('data-alarm'), 'medium', 'nothing is off yet');
    // Letters are letters here, and no keys of the page.
    const theme = await page.evaluate(() => document.documentElement.dataset.theme);
    await form.getByLabel('Reason').pressSequentially('not new to them');
    assert.equal(await form.getByLabel('Reason').inputValue(), 'not new to them');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    await form.getByLabel('For').selectOption({ label: '1 hour' });
    assert.deepEqual(await violations(page), []);
    await form.getByRole('button', { name: 'Switch off' }).click();
    await inNote(other, /TACHYCARDIA OFF until \d\d:\d\d/);
    await waitFor(other, 'known', 'alarm', 'none');
    await form.waitFor({ state: 'hidden' });
    await says(page, '.off-alarm', /^TACHYCARDIA OFF until \d\d:\d\d, by local: not new to them/);
    await page.screenshot({ path: 'out/alarm-off.png' });
    assert.deepEqual(await violations(page), []);
  });

  it('is still seen on a page that is opened afterwards, and once the server has started anew', async () => {
    const later = await openWard(browser, server);
    await inNote(later, /TACHYCARDIA OFF until/);
    await server.stop();
    await server.start();
    await later.reload();
    await inNote(later, /TACHYCARDIA OFF until/);
    await later.context().close();
  });

  it('is reminded of by a line and one low pulse', async () => {
    assert.equal(await alarmSettings(page, 'known', { remind_off_after_s: 60 }), 204);
    await says(page, '.change-list', /Limits and times changed by local at \d\d:\d\d: .*60/);
    // Off anew: the time until a reminder counts from then on.
    const body = { kind: 'alarm_off', condition: 'tachycardia', reason: 'not new to them', for_s: 3600 };
    assert.equal(await post(page, '/v1/patients/known/acts', body), 202);
    const before = await other.evaluate(() => window.tones);
    await other.locator('.reminder-line').filter({ hasText: /REMINDER ?known: TACHYCARDIA OFF until/ }).waitFor({ timeout: 120_000 });
    await wait(2_000);
    assert.equal((await other.evaluate(() => window.tones)) - before, 1);
  });

  it('is back when somebody switches it on again, and says so', async () => {
    await page.getByRole('button', { name: 'Switch back on' }).click();
    await waitFor(other, 'known', 'alarm', 'medium');
    await says(page, '.change-list', /Alarm of tachycardia is back since \d\d:\d\d: switched back on by local/);
    await page.locator('.off-alarm').waitFor({ state: 'detached' });
    assert.doesNotMatch(await tile(other, 'known').locator('.tile-note').textContent(), /OFF until/);
    assert.deepEqual([page.faults, other.faults], [[], []]);
  });
});

describe('an alarm', { timeout: 300_000 }, () => {
  it('is raised only once somebody has switched alarms on, and stays until a person acknowledges it or the heart is calm', async () => {
    const page = await openWard(browser, server);
    const other = await openWard(browser, server);
    const strap = new Strap(server, 'racing').start();
    const note = (where) => tile(where, 'racing').locator('.tile-note');
    strap.rate = 150;
    await page.waitForFunction(() => /TACHYCARDIA 1\d\d\/min/.test(document.querySelector('[data-patient="racing"] .tile-note')?.textContent ?? ''), null, { timeout: 40_000 });
    assert.equal(await tile(page, 'racing').getAttribute('data-alarm'), 'none', 'nobody has switched alarms on');
    assert.equal(await alarmSettings(page, 'racing', { switched_on: true, tachycardia_bpm: 400 }), 400, 'no heart has such a limit');
    assert.equal(await alarmSettings(page, 'racing', { switched_on: true, reason: 'admitted' }), 204);
    await waitFor(page, 'racing', 'alarm', 'medium', 10_000);
    await waitFor(other, 'racing', 'alarm', 'medium', 10_000);
    assert.match(await note(page).textContent(), /^!! TACHYCARDIA 1\d\d\/min, limit 120, \d+ s/);

    await page.goto(`${server.url}/#/patient/racing`);
    const row = page.locator('.alarm');
    assert.match(await row.locator('.alarm-text').textContent(), /^!! TACHYCARDIA/);
    await row.getByRole('button', { name: 'Acknowledge' }).click();
    await waitFor(other, 'racing', 'alarm', 'acknowledged', 10_000);
    assert.match(await note(other).textContent(), /^!! tachycardia .*acknowledged by local/, 'acknowledged, and still there');
    await page.waitForFunction(() => document.querySelector('.alarm button')?.hidden === true);

    strap.rate = 75;
    await waitFor(other, 'racing', 'alarm', 'none', 30_000);
    assert.deepEqual(page.faults, []);
    await strap.stop();
    for (const opened of [page, other]) await opened.context().close();
  });

  it('of a sender that stops is no data, low after half a minute', async () => {
    const page = await openWard(browser, server);
    const strap = new Strap(server, 'gone').start();
    await tile(page, 'gone').waitFor();
    assert.equal(await alarmSettings(page, 'gone', { switched_on: true }), 204);
    await wait(3_000);
    await strap.stop();
    const stoppedMs = Date.now();
    await waitFor(page, 'gone', 'alarm', 'low', 60_000);
    assert.match(await tile(page, 'gone').locator('.tile-note').textContent(), /^! NO DATA/);
    const [{ raised }] = await recordedAlarms(page, 'gone');
    const afterS = (Date.parse(raised) - stoppedMs) / 1000;
    assert.ok(afterS > 27 && afterS <= 35, `raised ${afterS} s after the last data: its delay is 30 s, and it may take 5 s more`);
    await page.context().close();
  });

  it('is not made of what comes late: it stands on the list of past events, silent; values of an export show their age', async () => {
    const page = await openWard(browser, server);
    // Half a minute is the least that may be called late. The strap loses its network for longer; meanwhile the heart races for 15 s.
    const strap = new Strap(server, 'late').start();
    await tile(page, 'late').waitFor();
    assert.equal(await alarmSettings(page, 'late', { switched_on: true, late_after_s: 30, reason: 'admitted' }), 204);
    await wait(12_000);
    await strap.stop();
    const made = { device: 'strap', stream: 's1', first_beat: strap.next, start_time_us: strap.timeUs, rr_us: [...Array(5).fill(800_000), ...Array(38).fill(400_000), ...Array(50).fill(800_000)] };
    const racedMs = strap.timeUs / 1000 + 4_000;
    await wait(55_000);
    await server.post('/v1/beats', made, strap.key);
    for (const until = Date.now() + 30_000; Date.now() < until && (await recordedAlarms(page, 'late', '&past=true')).length === 0; ) await wait(500);
    const [past] = await recordedAlarms(page, 'late', '&past=true');
    assert.equal(past.condition, 'tachycardia');
    assert.ok(Math.abs(Date.parse(past.onset) - racedMs) < 15_000, past.onset);
    const date = new Date(Date.now() - 600_000).toISOString().slice(0, 19).replace('T', ' ');
    const exported = { data: { metrics: [{ name: 'heart_rate', units: 'count/min', data: [{ date: `${date} +0000`, Min: 170, Avg: 180, Max: 190, source: 'Watch' }] }] } };
    await server.post('/v1/health-auto-export', exported, server.key('exporter'));
    await tile(page, 'exporter').waitFor();
    assert.equal(await alarmSettings(page, 'exporter', { switched_on: true, reason: 'admitted' }), 204);
    await tile(page, 'exporter').locator('.heart-age', { hasText: /^1[01] min ago$/ }).waitFor();
    assert.equal(await tile(page, 'exporter').locator('.heart-value').textContent(), '180');
    await server.post('/v1/health-auto-export', JSON.parse(JSON.stringify(exported).replaceAll('180', '181').replaceAll(date, date.replace(/..$/, '01'))), server.key('exporter'));
    await wait(3_000);
    for (const patient of ['late', 'exporter']) {
      const raised = (await recordedAlarms(page, patient)).filter(({ condition }) => condition === 'tachycardia');
      assert.deepEqual(raised, [], `what is late raised an alarm of ${patient}`);
    }
    await page.goto(`${server.url}/#/patient/late`);
    const work = page.getByRole('region', { name: 'Remarks and verdicts' });
    await work.getByRole('button', { name: 'Remarks and verdicts' }).click();
    await work.getByText(/1 past event, listed in silence/).waitFor();
    await work.getByText(/^\d\d:\d\d:\d\d tachycardia: /).waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});

describe('an act that changes nothing', { timeout: 200_000 }, () => {
  it('is told to the page that acted, with the reason, until somebody has read it, and to no other page', async () => {
    const late = await openWard(browser, server, { bypassCSP: true });
    const quick = await openWard(browser, server);
    const strap = new Strap(server, 'twice').start();
    strap.rate = 150;
    await tile(late, 'twice').waitFor();
    assert.equal(await alarmSettings(late, 'twice', { switched_on: true, reason: 'admitted' }), 204);
    await waitFor(late, 'twice', 'alarm', 'medium', 60_000);
    for (const page of [late, quick]) await page.goto(`${server.url}/#/patient/twice`);
    // What the one asks for is still on its way when the other has acknowledged.
    let letGo;
    const held = new Promise((resolve) => (letGo = resolve));
    await late.route('**/acts', async (route) => {
      await held;
      await route.continue();
    });
    await late.locator('.detail .alarm').getByRole('button', { name: 'Acknowledge' }).click();
    await quick.locator('.detail .alarm').getByRole('button', { name: 'Acknowledge' }).click();
    await waitFor(late, 'twice', 'alarm', 'acknowledged');
    assert.equal(await late.locator('.refusal').count(), 0);
    letGo();
    await says(late, '.refusal', 'CHANGED NOTHINGAcknowledge, twice: local has acknowledged it already. See what is on now');
    assert.deepEqual(await violations(late), []);
    await late.screenshot({ path: 'out/changed-nothing.png' });
    await wait(1_000);
    assert.equal(await quick.locator('.refusal').count(), 0);
    assert.doesNotMatch((await quick.locator('.change-list').allTextContents()).join(' '), /is back/, 'it is no alarm that is back');
    await late.locator('.refusal').getByRole('button', { name: 'Read' }).click();
    await late.locator('.refusal').waitFor({ state: 'detached' });
    assert.deepEqual([late.faults, quick.faults], [[], []]);
    await strap.stop();
    for (const page of [late, quick]) await page.context().close();
  });
});
