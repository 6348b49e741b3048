// The administration: a key, who a patient is, a device put on the wrong and on the right patient, and what was quarantined.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { violations } from './accessible.mjs';
import { browser, openWard, server, startBoth, tile } from './browser.mjs';
import { Device } from './device.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

startBoth();

const form = (page, title) => page.locator('.admin-form', { has: page.getByRole('heading', { name: title, exact: true }) });
const open = async (page, section) => {
  await page.goto(`${server.url}/administration#${section}`);
  await page.reload(); // another section of the same page is shown only once its answers are there
  await page.locator('.admin-body > *').first().waitFor();
};

describe('the administration', { timeout: 240_000 }, () => {
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

    for (const section of ['patients', 'patient/ida', 'devices', 'keys', 'staff', 'clock']) {
      await open(page, section);
      assert.deepEqual(await violations(page), [], section);
      await page.screenshot({ path: `${OUT}administration-${section.replace('/', '-')}.png` });
    }
    await page.setViewportSize({ width: 390, height: 800 });
    await open(page, 'devices');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a phone scrolls no page sideways');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
