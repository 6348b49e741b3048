// What staff say of a patient, and the hand-over of their shift.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { violations } from './accessible.mjs';
import { browser, openWard, server, startBoth, tile, waitFor } from './browser.mjs';
import { bonn, Device, quiet } from './device.mjs';

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

startBoth();

describe('the work of a shift', { timeout: 240_000 }, () => {
  it('judges an event, remarks on it, gives the all-clear and calls for help; the hand-over has all of it', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const seizure = bonn('setE', 3);
    const device = new Device(server, 'worked', (index) => seizure[index % seizure.length]).start();
    const page = await openWard(browser, server, { bypassCSP: true });
    const other = await openWard(browser, server);
    await tile(page, 'worked').waitFor();
    await page.evaluate(() =>
      fetch('/v1/patients/worked/alarm-settings', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ switched_on: true, reason: 'admitted' }) }),
    );
    const events = async () => (await page.evaluate(async () => (await fetch('/v1/patients/worked/events')).json())).events;
    for (const until = Date.now() + 60_000; (await events()).length === 0 && Date.now() < until; ) await page.waitForTimeout(500);

    await page.goto(`${server.url}/#/patient/worked`);
    const work = page.getByRole('region', { name: 'Remarks and verdicts' });
    await work.getByRole('button', { name: 'Remarks and verdicts' }).click();
    const event = work.locator('[data-event]').first();
    await event.getByRole('button', { name: 'No seizure' }).click();
    await work.getByText('Noted: the figures follow.').waitFor();
    await event.locator('[aria-pressed="true"]', { hasText: 'No seizure' }).waitFor();
    await work.getByText(/1 event said to be no seizure; under an hour/).waitFor();

    await work.getByLabel('Seizure', { exact: true }).selectOption('focal_tonic');
    await work.getByLabel('Awareness').selectOption('impaired');
    await work.getByLabel('Lasted').fill('5');
    await work.getByLabel('Remark').fill('left arm stiff');
    await work.getByRole('button', { name: 'Note the last 5 s' }).click();
    await work.getByText(/\d\d:\d\d:\d\d to \d\d:\d\d:\d\d \(5 s\) focal, tonic, awareness impaired, left arm stiff, local/).waitFor();
    assert.equal(await work.getByLabel('Awareness').isVisible(), false, 'awareness is asked of focal seizures alone');
    const said = (await page.evaluate(async () => (await fetch('/v1/patients/worked/marks')).json())).marks.find(({ text }) => text === 'left arm stiff');
    assert.equal(said.awareness, 'impaired');
    assert.equal(Date.parse(said.until) - Date.parse(said.from), 5_000);
    await work.getByRole('button', { name: 'All clear' }).click();
    await work.getByText('Noted: all clear. No alarm ends by it.').waitFor();

    await work.getByRole('button', { name: 'Call for help' }).click();
    await work.getByRole('button', { name: 'Really call?' }).click();
    await waitFor(other, 'worked', 'alarm', 'high', 15_000);
    await page.screenshot({ path: `${OUT}work.png`, fullPage: true });

    await page.goto(`${server.url}/handover`);
    const section = page.locator('.handover-patient', { hasText: 'worked' });
    await section.getByText(/no seizure$/).waitFor();
    await section.getByText(/high: manual alarm, still on/).waitFor();
    await section.getByText(/\(5 s\) focal, tonic, awareness impaired, left arm stiff/).waitFor();
    await section.getByText(/all clear/).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.emulateMedia({ media: 'print' });
    await page.screenshot({ path: `${OUT}handover.png`, fullPage: true });

    await page.emulateMedia({ media: 'screen' });
    await page.goto(`${server.url}/#/patient/worked`);
    const remark = work.locator('li', { hasText: 'left arm stiff' });
    await remark.getByRole('button', { name: 'Take back' }).click();
    await remark.waitFor({ state: 'detached' });
    assert.deepEqual(page.faults, []);
    await device.stop();
    for (const opened of [page, other]) await opened.context().close();
  });

  it('says nothing of a quiet patient, and refuses an empty remark', async () => {
    const device = new Device(server, 'calm', quiet).start();
    const page = await openWard(browser, server);
    await tile(page, 'calm').waitFor();
    await page.goto(`${server.url}/#/patient/calm`);
    const work = page.getByRole('region', { name: 'Remarks and verdicts' });
    await work.getByRole('button', { name: 'Remarks and verdicts' }).click();
    await work.getByRole('button', { name: 'Note it now' }).click();
    await work.getByText('Choose a seizure or write a remark.').waitFor();
    await page.goto(`${server.url}/handover`);
    await page.locator('.handover-patient', { hasText: 'calm' }).getByText('No alarm, no event, no remark.').waitFor();
    await device.stop();
    await page.context().close();
  });
});
