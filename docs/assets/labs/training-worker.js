/**
 * Train in a worker, so that the page stays free.
 *
 * It gets { command, … }: "reset" with settings and a run number, "run" with the steps
 * to take in each tick and the step to stop at, "step", and "pause". It answers with
 * what `Training.measure` returns, the run's number, and whether it goes on.
 */

import { Training } from "./training.js";

const TICK = 40; // milliseconds
const SINGLE_STEPS = 20; // the first ones, each of which is reported

const deliveries = fetch(new URL("deliveries.json", import.meta.url)).then((response) => {
  if (!response.ok) throw new Error(`deliveries.json: status ${response.status}`);
  return response.json();
});
let training;
let number;
let timer;

function report() {
  postMessage({ ...training.measure(), run: number, running: timer !== undefined });
}

function pause() {
  clearInterval(timer);
  timer = undefined;
}

function tick(stepsPerTick, last) {
  const steps = training.steps < SINGLE_STEPS ? 1 : stepsPerTick;
  for (let step = 0; step < steps && training.steps < last; step++) training.step();
  if (training.failed || training.steps >= last) pause();
  report();
}

const commands = {
  reset({ settings, run }, recorded) {
    pause();
    number = run;
    training = new Training(settings, recorded);
    report();
  },
  run({ stepsPerTick, last }) {
    pause();
    timer = setInterval(tick, TICK, stepsPerTick, last);
  },
  step() {
    pause();
    training.step();
    report();
  },
  pause() {
    pause();
    report();
  },
};

addEventListener("message", async ({ data: { command, ...options } }) => {
  try {
    commands[command](options, await deliveries);
  } catch (error) {
    pause();
    postMessage({ error: String(error) });
  }
});
