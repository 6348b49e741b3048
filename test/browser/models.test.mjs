// A model that looks back five minutes, as the ward sees it: sladky-2022, whose file is fetched as `make models` does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { browser, openWard, server, startBoth, tile } from './browser.mjs';
import { Recorded } from './recorded.mjs';

const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vigil', 'models');
execFileSync(new URL('../../models/sladky_2022/fetch', import.meta.url).pathname, [FOLDER], { stdio: ['ignore', 'ignore', 'inherit'] });

const OUT = new URL('./out/', import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

startBoth('--models', FOLDER);

const nowS = () => Math.floor(Date.now() / 1000);

describe('a model that looks back five minutes', { timeout: 300_000 }, () => {
  it('is warming up on the page until it has them, and scores then', async () => {
    const page = await openWard(browser, server);
    const lead = new Recorded(server, 'implanted', { labels: ['LH1-LH2'], declared: { signal_kind: 'intracranial', reference: 'bipolar' } });
    const assigned = await page.evaluate(async () => {
      const answer = await fetch('/v1/patients/implanted/models', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"active":"sladky-2022","shadows":["line-length"]}' });
      return `${answer.status} ${await answer.text()}`;
    });
    assert.match(assigned, /^20/);
    const begin = nowS() - 280;
    await lead.send(begin, nowS(), 20);
    lead.start();
    const note = tile(page, 'implanted').locator('.tile-note');
    await note.filter({ hasText: 'WARMING UP: the model needs more of the signal' }).waitFor({ timeout: 15_000 });
    await page.screenshot({ path: `${OUT}warming-up.png` });
    await note.filter({ hasNotText: 'WARMING UP' }).waitFor({ timeout: 60_000 });
    assert.ok(nowS() - begin >= 300, `scored after ${nowS() - begin} s of the signal`);
    await page.evaluate(() => (location.hash = '#/patient/implanted'));
    await page.getByText(/sladky-2022/).first().waitFor();
    await lead.stop();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
