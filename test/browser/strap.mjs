// A chest strap that sends its beats in real time, and what switches a patient's alarms on.
import { setTimeout as wait } from 'node:timers/promises';

/** Beats in real time, `rate` a minute, an entry each second or so. */
export class Strap {
  constructor(server, patient) {
    Object.assign(this, { server, patient, key: server.key(patient), rate: 75, next: 0, running: true, timeUs: Date.now() * 1000 });
  }

  start() {
    this.done = this.run();
    return this;
  }

  async run() {
    while (this.running) {
      const rr_us = Array.from({ length: Math.max(1, Math.round(this.rate / 60)) }, () => Math.round(60e6 / this.rate));
      const endUs = this.timeUs + rr_us.reduce((sum, rr) => sum + rr, 0);
      await wait(Math.max(0, endUs / 1000 - Date.now()));
      await this.deliver({ device: 'strap', stream: 's1', first_beat: this.next, start_time_us: this.timeUs, rr_us });
      this.next += rr_us.length;
      this.timeUs = endUs;
    }
  }

  /** Again and again while the server is away, as a strap with a store does. */
  async deliver(beats) {
    while (this.running) {
      try {
        return await this.server.post('/v1/beats', beats, this.key);
      } catch {
        await wait(200);
      }
    }
  }

  async stop() {
    this.running = false;
    await this.done;
  }
}

/** Returns the status of the answer. */
export const post = (page, path, body) =>
  page.evaluate(async ([where, text]) => (await fetch(where, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: text })).status, [path, JSON.stringify(body)]);

/** Returns the status of the answer. */
export const alarmSettings = (page, patient, settings) =>
  page.evaluate(
    async ([id, body]) => (await fetch(`/v1/patients/${id}/alarm-settings`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body })).status,
    [patient, JSON.stringify(settings)],
  );

/** Alarms of the last hour as the record has them, those that are not written yet included. */
export const recordedAlarms = (page, patient, query = '') =>
  page.evaluate(
    async ([id, more]) => {
      const from = new Date(Date.now() - 3_600_000).toISOString();
      const until = new Date(Date.now() + 60_000).toISOString();
      const answer = await (await fetch(`/v1/patients/${id}/alarms?from=${from}&until=${until}${more}`)).json();
      return answer.alarms ?? answer.past_events;
    },
    [patient, query],
  );
