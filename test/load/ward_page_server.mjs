// The played server of ward_page.mjs: all patients' devices send a block each quarter of a second, spread over it.
import { Stage, StagePatient } from '../browser/stage.mjs';

const [count, channels] = process.argv.slice(2).map(Number);
const BLOCK_MS = 250;
/** The real server's frames come so often (services/ward/live_feed.hpp). */
const FRAME_MS = 50;

const stage = await new Stage().start();
const patients = Array.from({ length: count }, (_, index) => new StagePatient(`Bed ${index + 1}`, channels));
stage.whole = () => ({ patients: patients.map((patient) => patient.state()) });
const turns = BLOCK_MS / FRAME_MS;
let turn = 0;
setInterval(() => {
  turn++;
  const sending = patients.filter((_, index) => index % turns === turn % turns);
  stage.send({ patients: sending.map((patient) => patient.news(BLOCK_MS, stage.request.channels)) });
}, FRAME_MS);
process.send(stage.url);
