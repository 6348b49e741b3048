// The link to a patient's video: an administrator sets it, and the reader and each event open the moment. Nothing of it is loaded by
// the page itself.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { violations } from './accessible.mjs';
import { browser, openWard, server, startBoth, tile } from './browser.mjs';
import { bonn, Device, quiet } from './device.mjs';

startBoth();

const ADDRESS = 'https://video.example/{patient}?at={start}#t={seconds}';

describe('a link to the video', { timeout: 240_000 }, () => {
  async function setVideo(page, patient, address, offset) {
    const form = page.locator('.admin-form', { has: page.getByRole('heading', { name: 'Video' }) });
    await form.getByLabel('Address of the video').fill(address);
    await form.getByLabel('Recorder’s clock ahead by (s)').fill(offset);
    await form.getByRole('button', { name: 'Save' }).click();
    return form.locator('.form-answer');
  }

  it('is refused with a sentence where it is none, and kept with who and when', async () => {
    const device = new Device(server, 'seen', quiet).start();
    const page = await openWard(browser, server, { bypassCSP: true });
    await tile(page, 'seen').waitFor();
    await page.goto(`${server.url}/administration#patient/seen`);
    await page.getByText('Nobody has set one: no link is shown.').waitFor();
    for (const [address, offset, why] of [
      ['javascript:alert({seconds})', '0', 'address: It begins with https://.'],
      ['https://video.example/{begin}', '0', '"{begin}" is no place that is known'],
      ['https://video.example/', '0', 'It has no place for the moment'],
      [`https://video.example/{start}${'a'.repeat(500)}`, '0', 'It has at most 500 characters.'],
      [ADDRESS, '90000', 'offset_s: The recorder\'s clock is at most 86400 seconds'],
    ]) {
      const answer = await setVideo(page, 'seen', address, offset);
      await answer.getByText(why).waitFor({ timeout: 10_000 });
      assert.equal(await answer.getAttribute('data-fault'), 'true');
    }
    const answer = await setVideo(page, 'seen', ADDRESS, '-12');
    await answer.getByText('Saved. Now it would be https://video.example/seen?at=').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.reload();
    await page.getByText(/^Set by local, \d{4}-/).waitFor();
    assert.equal(await page.getByLabel('Address of the video').inputValue(), ADDRESS);
    assert.deepEqual(page.faults, []);
    await device.stop();
    await page.context().close();
  });

  it('opens the moment at the left of the reader’s page, in a tab that learns nothing', async () => {
    const page = await openWard(browser, server);
    await page.goto(`${server.url}/#/patient/seen`);
    const link = page.locator('.reader-controls .video');
    await link.waitFor({ timeout: 20_000 });
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await link.getAttribute('target'), '_blank');
    const href = new URL(await link.getAttribute('href'));
    assert.equal(href.origin, 'https://video.example');
    assert.equal(href.pathname, '/seen');
    const seconds = Date.parse(href.searchParams.get('at')) / 1000;
    assert.equal(href.hash, `#t=${Math.floor(seconds)}`);
    // The page is ten seconds long and ends about now; the recorder's clock is twelve behind.
    assert.ok(Math.abs(seconds - (Date.now() / 1000 - 22)) < 60, `${seconds}`);
    assert.ok(page.asked.every((address) => !address.includes('video.example')), 'the page itself asked the video');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  it('opens the onset of each event, and is not there for a patient without a video', { skip: !process.env.VIGIL_DATA && 'VIGIL_DATA is not set' }, async () => {
    const seizure = bonn('setE', 3);
    const devices = ['filmed', 'unfilmed'].map((patient) => new Device(server, patient, (index) => seizure[index % seizure.length]).start());
    const page = await openWard(browser, server);
    await tile(page, 'filmed').waitFor();
    await tile(page, 'unfilmed').waitFor();
    assert.equal(
      await page.evaluate(
        async (address) => (await fetch('/v1/patients/filmed/video-link', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ address, offset_s: 3600 }) })).status,
        ADDRESS,
      ),
      204,
    );
    const events = (patient) => page.evaluate(async (id) => (await (await fetch(`/v1/patients/${id}/events`)).json()).events, patient);
    for (const patient of ['filmed', 'unfilmed'])
      for (const until = Date.now() + 60_000; (await events(patient)).length === 0 && Date.now() < until; ) await page.waitForTimeout(500);
    const [event] = await events('filmed');
    const wanted = new Date(Date.parse(event.onset) + 3_600_000).toISOString().slice(0, 19);
    const is = async (link) => assert.equal(new URL(await link.getAttribute('href')).searchParams.get('at').slice(0, 19), wanted);

    await page.goto(`${server.url}/#/patient/filmed`);
    await page.waitForFunction(() => /^1 event in the last 7 days/.test(document.querySelector('.reader-event')?.textContent ?? ''), null, { timeout: 40_000 });
    assert.equal(await page.locator('.reader-event-line .video').isVisible(), false, 'no event is chosen');
    await page.keyboard.press('Shift+E');
    const told = page.locator('.reader-event-line .video');
    await told.waitFor({ timeout: 10_000 });
    await is(told);
    const work = page.getByRole('region', { name: 'Remarks and verdicts' });
    await work.getByRole('button', { name: 'Remarks and verdicts' }).click();
    await work.locator('[data-event] .video').first().waitFor();
    await is(work.locator('[data-event] .video').first());

    await page.goto(`${server.url}/#/patient/unfilmed`);
    await work.locator('[data-event]').first().waitFor();
    assert.equal(await page.locator('.video:visible').count(), 0);

    await page.goto(`${server.url}/handover`);
    await page.locator('.handover-patient', { hasText: 'unfilmed' }).waitFor();
    await is(page.locator('.handover-patient .video').first());
    assert.equal(await page.locator('.handover-patient', { hasText: 'unfilmed' }).locator('.video').count(), 0);
    assert.deepEqual(page.faults, []);
    for (const device of devices) await device.stop();
    await page.context().close();
  });
});
