// The administration: a key, who a patient is, a device put on the wrong and on the right patient, and what was quarantined.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { beyond, NARROW, violations } from './accessible.mjs';
import { browser, openPage, openWard, server, startBoth, tile } from './browser.mjs';
import { Device } from './device.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

startBoth();

const SECTIONS = ['patients', 'patient/ida', 'devices', 'keys', 'staff', 'clock', 'stations', 'alarms', 'sizing'];

const form = (page, title) => page.locator('.admin-form', { has: page.getByRole('heading', { name: title, exact: true }) });
const open = async (page, section) => {
  await page.goto(`${server.url}/administration#${section}`);
  await page.reload(); // another section of the same page is shown only once its answers are there
  await page.locator('.admin-body > *').first().waitFor();
};

describe('the administration', { timeout: 600_000 }, () => {
  it('puts a device on the patient whose identifiers are right, and gives it what was quarantined', async () => {
    const page = await openWard(browser, server);
    await page.getByRole('link', { name: 'Administration' }).click();
    await form(page, 'Add or change a patient').getByLabel('Id', { exact: true }).fill('ida');
    await form(page, 'Add or change a patient').getByRole('button').click();
    await page.getByRole('link', { name: 'ida' }).click();
    const who = form(page, 'Who the patient is');
    await who.getByLabel('Name').fill('Ida Berg');
    await who.getByLabel('Born').fill('1987-06-05');
    await who.getByRole('button').click();
    await who.getByText('Saved.').waitFor();

    await open(page, 'keys');
    await form(page, 'Make a key').getByLabel('Id', { exact: true }).fill('cap-7');
    await form(page, 'Make a key').getByRole('button').click();
    const key = await page.locator('.new-key', { hasText: /^vk_/ }).textContent();

    const device = new Device(server, 'ida', (index) => Math.round(100 * Math.sin(index / 9)), 2, { key, name: 'cap-7' });
    const sending = device.run();
    await open(page, 'devices');
    await page.locator('td', { hasText: 'nobody: what it sends is quarantined' }).waitFor();
    const held = async () => (await page.evaluate(async () => (await fetch('/v1/quarantine')).json())).quarantine;
    const until = Date.now() + 30_000;
    while ((await held()).length === 0 && Date.now() < until) await page.waitForTimeout(500);
    assert.equal((await held())[0].device, 'cap-7');

    await page.reload();
    const assign = form(page, 'Put a device on a patient');
    await assign.getByLabel('Patient').selectOption('ida');
    await assign.getByLabel('Name').fill('ida berg');
    await assign.getByLabel('Born').fill('1987-05-06');
    await assign.getByLabel('From').fill(new Date(device.startUs / 1000 - 60_000).toISOString());
    await assign.getByRole('button').click();
    await assign.getByText('identifiers.born: is not this patient’s'.replace('’', "'")).waitFor();
    assert.equal((await page.evaluate(async () => (await fetch('/v1/devices')).json())).devices[0].assignments.length, 0, 'nothing changed');
    await assign.getByLabel('Born').fill('1987-06-05');
    await assign.getByRole('button').click();
    await page.locator('td', { hasText: /^ida, since/ }).waitFor();

    const ward = await openWard(browser, server);
    await tile(ward, 'ida').waitFor();
    await ward.locator('.tile[data-patient="ida"][data-condition="live"]').waitFor({ timeout: 30_000 });
    const stored = async () =>
      (await page.evaluate(async (from) => (await fetch(`/v1/patients/ida/eeg?from=${from}&until=${from + 2_000_000}`)).json(), device.startUs)).streams?.[0]?.runs?.length ?? 0;
    while ((await stored()) === 0 && Date.now() < until + 60_000) await page.waitForTimeout(500);
    assert.ok((await stored()) > 0, 'the first seconds, which were quarantined, are the patient’s');
    const emptied = Date.now() + 30_000;
    while ((await held()).length > 0 && Date.now() < emptied) await page.waitForTimeout(500);
    assert.deepEqual(await held(), []);

    await page.reload();
    await page.getByRole('button', { name: 'Take off' }).click();
    await page.getByRole('button', { name: 'Really take off ida?' }).click();
    await page.locator('td', { hasText: 'nobody: what it sends is quarantined' }).waitFor();
    device.running = false;
    await sending;
    assert.deepEqual(page.faults, []);
    for (const opened of [page, ward]) await opened.context().close();
  });

  it('says what is wrong beside the form, asks twice before it takes something away, and can be used by everybody', async () => {
    const page = await openWard(browser, server, { bypassCSP: true });
    await open(page, 'staff');
    const put = form(page, 'Add or change a user');
    await put.getByRole('button').click();
    await put.getByText('Fill in the field that is marked.').waitFor();
    await put.getByLabel('User').fill('nina');
    await put.getByLabel('Password').fill('short');
    await put.getByRole('button').click();
    await put.getByText(/password: .*12/).waitFor();
    await put.getByLabel('Password').fill('a long enough password');
    await put.getByRole('button').click();
    await page.getByRole('rowheader', { name: 'nina' }).waitFor();

    await open(page, 'keys');
    const revoke = page.getByRole('button', { name: 'Revoke' }).first();
    await revoke.click();
    await page.getByRole('button', { name: 'Really revoke?' }).blur();
    await page.getByRole('button', { name: 'Revoke' }).first().click();
    await page.getByRole('button', { name: 'Really revoke?' }).click();
    await page.locator('td', { hasText: /^revoked / }).waitFor();

    for (const section of SECTIONS) {
      await open(page, section);
      assert.deepEqual(await violations(page), [], section);
      await page.screenshot({ path: `${OUT}administration-${section.replace('/', '-')}.png` });
      for (const viewport of NARROW) {
        await page.setViewportSize(viewport);
        assert.deepEqual(await beyond(page), [], `${section} at ${viewport.width}`);
      }
      await page.setViewportSize({ width: 1920, height: 1080 });
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('shows what the routes have counted, and the running system on the chart of the one that is chosen', async () => {
    const page = await openWard(browser, server, { bypassCSP: true });
    await page.evaluate(async () => {
      for (let i = 0; i < 5; i++) await (await fetch('/v1/quarantine')).json();
    });
    await open(page, 'sizing');
    const row = page.locator('tr', { has: page.getByRole('rowheader', { name: 'GET /v1/quarantine', exact: true }) });
    const before = Number(/\/(\d+)\)/.exec(await row.locator('td').nth(5).textContent())[1]);
    assert.ok(before >= 5, `${before} arrivals`);
    assert.equal(await row.locator('td').nth(2).textContent(), '64');
    await page.getByLabel('Route on the chart').selectOption('GET /v1/quarantine');
    await page.getByRole('img', { name: /^GET \/v1\/quarantine: refused share over offered load.*0 % refused/ }).waitFor();
    assert.equal(await page.locator('.sizing-chart .curve').count(), 5);
    assert.equal(await page.locator('.sizing-chart .own').count(), 1);
    await page.evaluate(async () => (await fetch('/v1/quarantine')).json());
    await page.getByRole('button', { name: 'Show the list anew' }).click();
    await page.waitForFunction(
      (count) => [...document.querySelectorAll('tr')].some((one) => one.textContent.includes('GET /v1/quarantine') && one.textContent.includes(`/${count})`)),
      before + 1,
    );
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('makes a station, gives a person a PIN, and ends the station again', async () => {
    const page = await openWard(browser, server);
    await open(page, 'stations');
    await form(page, 'Make a station').getByLabel('Label').fill('Nurses');
    await form(page, 'Make a station').getByRole('button').click();
    const address = await page.locator('.new-key', { hasText: '/' }).textContent();
    await page.getByRole('img', { name: 'Address of the station Nurses' }).waitFor();
    const row = page.locator('tr', { hasText: 'Nurses' });
    await row.getByText('not yet').waitFor();

    const station = await openPage(browser);
    await station.goto(address);
    await station.locator('.station-name', { hasText: 'Nurses' }).waitFor({ timeout: 15_000 });
    await station.goto(`${server.url}/#/patient/ida`);
    await station.locator('.detail-who').waitFor({ state: 'hidden' });
    assert.equal(await station.evaluate(async () => (await fetch('/v1/patients/ida/identity')).status), 403, 'whoever passes could read it there');

    await page.getByRole('button', { name: 'Show the list anew' }).click();
    await row.getByText('not yet').waitFor({ state: 'hidden' });
    await row.locator('td', { hasText: /^\d{4}-\d\d-\d\d/ }).nth(2).waitFor(); // made, opened, seen

    const pin = form(page, 'Set a person\u2019s PIN');
    await pin.getByLabel('User').selectOption('nina');
    await pin.getByLabel('PIN', { exact: true }).fill('204865');
    await pin.getByLabel('PIN again').fill('204866');
    await pin.getByRole('button').click();
    await pin.getByText('The two PINs differ.').waitFor();
    await pin.getByLabel('PIN again').fill('204865');
    await pin.getByRole('button').click();
    await pin.getByText('The PIN of nina is set.').waitFor();

    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.getByRole('button', { name: 'Really end Nurses?' }).click();
    await row.getByText(/^revoked /).waitFor();
    await station.waitForFunction(async () => (await fetch('/v1/me')).status === 401, null, { timeout: 10_000 });
    for (const opened of [page, station]) await opened.context().close();
  });

  it('sets a patient\u2019s limits and times, says who set them, and refuses what is beyond the bounds', async () => {
    const page = await openWard(browser, server);
    await open(page, 'patient/ida');
    await page.locator('.set-by', { hasText: 'Nobody has set them' }).waitFor();
    const alarms = form(page, 'Alarms');
    const late = alarms.getByLabel(/^A past event, in silence/);
    assert.equal(await alarms.getByLabel('Tachycardia over').inputValue(), '120');
    assert.equal(await late.inputValue(), '120');
    const save = async (said) => {
      await alarms.getByRole('button').click();
      await alarms.locator('.form-answer').filter({ hasText: said }).waitFor({ timeout: 30_000 });
    };
    const settings = () => page.evaluate(async () => (await fetch('/v1/patients/ida/alarm-settings')).json());
    await alarms.getByLabel('Alarms are').selectOption('true');
    await alarms.getByLabel('Tachycardia over').fill('140');
    await alarms.getByLabel('Remind of what is off').fill('59');
    await alarms.getByLabel('Reason').fill('runs a fever');
    await save(/^remind_off_after_s: .*60.*3600/);
    await alarms.getByLabel('Remind of what is off').fill('900');
    await alarms.getByLabel('Tachycardia over').fill('301');
    await save(/^tachycardia_bpm: .*20 and 300/);
    await late.fill('');
    await save(/^Fill in the field that is marked/);
    assert.equal((await settings()).set_by, undefined, 'nothing is set yet');
    await alarms.getByLabel('Tachycardia over').fill('140');
    await late.fill('60');
    await save(/^Saved/);
    await page.locator('.set-by', { hasText: /^Set by local, .*: runs a fever\.$/ }).waitFor();
    const { switched_on, tachycardia_bpm, late_after_s, remind_off_after_s, unanswered_high_after_s } = await settings();
    assert.deepEqual([switched_on, tachycardia_bpm, late_after_s, remind_off_after_s, unanswered_high_after_s], [true, 140, 60, 900, 60]);
    await open(page, 'patient/ida');
    assert.equal(await late.inputValue(), '60');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('says whether the server\u2019s clock follows a time server, and what the clocks of devices are worth', async () => {
    const page = await openWard(browser, server);
    const device = new Device(server, 'ticking', () => 0).start();
    await tile(page, 'ticking').waitFor({ timeout: 30_000 });
    await open(page, 'clock');
    const { synchronised } = await page.evaluate(async () => (await fetch('/v1/admin/clock')).json());
    await page.getByText(synchronised ? /^Its clock follows a time server and is at most \d+\.\d ms off\.$/ : /^Its clock follows no time server: set one up/).waitFor();
    await page.getByText(/^The server\u2019s time is \d{4}-\d\d-\d\dT/).waitFor();
    const row = page.locator('tr').filter({ hasText: 'ticking' });
    await row.getByText(/^-?\d+(\.\d)? m?s$/).first().waitFor();
    await row.getByText('told after 5 min').waitFor();
    await device.end();
    await page.context().close();
  });

  it('signs a model off for a patient and takes it back; switches the alarms of Vigil itself on; who a patient is stands in their view', async () => {
    const page = await openWard(browser, server);
    await open(page, 'patient/ida');
    const off = form(page, 'Sign a model off');
    await off.getByRole('button').click();
    await off.getByText(/^window-178 \S+ is signed off for this patient\.$/).waitFor();
    const signed = async () => (await page.evaluate(async () => (await fetch('/v1/patients/ida/alarm-settings')).json())).sign_offs;
    assert.equal((await signed())[0].model, 'window-178');
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('button', { name: 'Really take back?' }).click();
    await page.getByRole('rowheader', { name: /^window-178/ }).waitFor({ state: 'detached' });
    assert.deepEqual(await signed(), []);

    await open(page, 'alarms');
    const own = form(page, 'Vigil\u2019s own alarms');
    await own.getByLabel('They are').selectOption('true');
    await own.getByLabel('Reason').fill('the store is watched');
    await own.getByRole('button').click();
    await page.getByText(/: the store is watched$/).waitFor();
    assert.equal((await page.evaluate(async () => (await fetch('/v1/vigil/alarm-settings')).json())).switched_on, true);

    await page.goto(`${server.url}/#/patient/ida`);
    await page.locator('.detail-who', { hasText: 'Ida Berg, born 1987-06-05' }).waitFor();
    await page.locator('.own-alarms-off').waitFor({ state: 'hidden', timeout: 10_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
