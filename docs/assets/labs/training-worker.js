/** Train in a worker, so that the page stays free: commands in, reports out. */

import { Training } from "./training.js";

const TICK = 40; // milliseconds
const SINGLE_STEPS = 20; // at the start, each with a report

const deliveries = fetch(new URL("deliveries.json", import.meta.url)).then((response) => {
  if (!response.ok) throw new Error(`deliveries.json: status ${response.status}`);
  return response.json();
});
let training;
let run;
let timer;

function report() {
  postMessage({ ...training.measure(), run, running: timer !== undefined });
}

function pause() {
  clearInterval(timer);
  timer = undefined;
}

function tick(stepsPerTick, last) {
  const steps = training.steps < SINGLE_STEPS ? 1 : stepsPerTick;
  const goal = Math.min(training.steps + steps, last);
  while (training.steps < goal && !training.failed) training.step();
  if (training.failed || training.steps >= last) pause();
  report();
}

const commands = {
  reset(options, recorded) {
    pause();
    run = options.run;
    training = new Training(options.settings, recorded);
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

addEventListener("message", ({ data: { command, ...options } }) => {
  deliveries.then((recorded) => commands[command](options, recorded)).catch(reportError);
});
