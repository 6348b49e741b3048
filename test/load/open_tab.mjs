// What a tab holds that is open all night: twelve hours of sixteen patients in minutes, to the ward's page and to one patient's, with an
// alarm every ten minutes and a lost connection every hour. The server is played (test/browser/stage.mjs).
//   node test/load/open_tab.mjs [HOURS]     prints megabytes of both pages' heaps and of their processes after each hour, and ends
//                                           with 1 where one grew by more than a tenth after the hour in which all that is bounded is full
// Called by hand; docs/performance.md has the figures. It needs web/dist (`tools/build_pages`) and `test/browser/modules` once.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { launch, openPage } from '../browser/browser.mjs';
import { ACKNOWLEDGED, Stage, StagePatient } from '../browser/stage.mjs';

const HOURS = Number(process.argv[2] ?? 12);
const PATIENTS = 16;
const FRAME_MS = 1000;
/** By then 96 MiB of samples, two hours of scores and three hours of spectra are full: of the last not every second has one here. */
const FULL_HOURS = 6;
/** So many frames are sent before the page must have shown them. */
const AHEAD = 60;
/** Small: what is held does not depend on how many pixels are drawn, and how long this takes does. */
const VIEWPORT = { width: 1000, height: 600 };

const stage = await new Stage().start();
const startUs = Date.now() * 1000 - HOURS * 3600e6;
let playedUs = startUs;
// The patient whose page is open has so many channels that its 96 MiB of samples are full in the second hour.
const patients = Array.from({ length: PATIENTS }, (_, index) => Object.assign(new StagePatient(`bed-${index + 1}`, index === 0 ? 19 : 4), { startUs }));
let label = 'second 0.';
const labelled = (patient, news) => (patient === patients[0] ? { ...news, label } : news);
stage.whole = () => ({ serverTimeUs: BigInt(playedUs), chainUs: BigInt(playedUs), patients: patients.map((patient) => labelled(patient, patient.history(playedUs))) });

const browser = await launch();
const pages = { ward: await openPage(browser, { viewport: VIEWPORT }), patient: await openPage(browser, { viewport: VIEWPORT }) };
await pages.ward.goto(stage.url);
await pages.patient.goto(`${stage.url}/#/patient/bed-1`);
for (const page of Object.values(pages)) await page.waitForFunction(() => document.documentElement.dataset.connection === 'live');

/** Once the pages show this second they have taken in everything before it. */
const shown = (second) =>
  Promise.all(Object.values(pages).map((page) => page.waitForFunction((label) => document.body.textContent.includes(label), `second ${second}.`, { timeout: 300_000 })));

/** Megabytes that each renderer has in memory: the page and its drawing thread, whose heap says nothing of itself. */
async function renderers() {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  await devtools.detach();
  const resident = ({ id }) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))[1]) / 1000;
  return processInfo.filter(({ type }) => type === 'renderer').map(resident).sort((a, b) => a - b);
}

async function held() {
  const sizes = {};
  for (const [name, page] of Object.entries(pages)) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('HeapProfiler.collectGarbage');
    sizes[name] = (await devtools.send('Runtime.getHeapUsage')).usedSize / 1e6;
    sizes[`${name} elements`] = await page.evaluate(() => document.querySelectorAll('*').length);
    await devtools.detach();
  }
  for (const [number, megabytes] of (await renderers()).entries()) sizes[`process ${number + 1}`] = megabytes;
  return sizes;
}

const hours = [];
const alarmed = patients[2];
try {
  for (let second = 1; second <= HOURS * 3600; second++) {
    playedUs = startUs + second * FRAME_MS * 1000;
    if (second % 600 === 100) alarmed.alarm('high');
    if (second % 600 === 160) alarmed.alarm('high', ACKNOWLEDGED);
    if (second % 600 === 300) alarmed.alarms = [];
    label = `second ${second}.`;
    stage.send({ chainUs: BigInt(playedUs), patients: patients.map((patient) => labelled(patient, patient.news(FRAME_MS, stage.request.channels))) }, playedUs);
    if (second % AHEAD === 0) await shown(second);
    if (second % 3600 !== 0) continue;
    hours.push(await held());
    console.log(`hour ${second / 3600}: ${Object.entries(hours.at(-1)).map(([name, size]) => `${name} ${size.toFixed(name.endsWith('elements') ? 0 : 2)}`).join(', ')}`);
    const old = [...stage.sockets];
    for (const socket of old) socket.destroy();
    while ([...stage.sockets].filter((socket) => !old.includes(socket)).length < old.length) await wait(50);
  }
  const [full, last] = [hours[FULL_HOURS - 1] ?? hours.at(-1), hours.at(-1)];
  const grown = Object.keys(last).filter((name) => last[name] > full[name] * 1.1 + 0.2);
  console.log(grown.length === 0 ? `nothing grew after hour ${Math.min(FULL_HOURS, HOURS)}` : `grew: ${grown.join(', ')}`);
  process.exitCode = grown.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  stage.close();
}
