/** Train in a worker, so that the page stays free: commands in, a report out for each. */

import { fetchJson } from "./files.js";
import { Training } from "./training.js";

const deliveries = fetchJson("deliveries.json");
let training;
let run;
let part;
let rows;

const commands = {
  reset(options, recorded) {
    run = options.run;
    training = new Training(options.settings, recorded);
    part = options.part;
    rows = recorded.rows;
  },
  train({ steps }) {
    for (let step = 0; step < steps && !training.failed; step++) training.step();
  },
  look(options) {
    part = options.part;
  },
};

function answer({ command, ...options }, recorded) {
  commands[command](options, recorded);
  const look = part && { part, ...training.look(part) };
  postMessage({ run, look, rows, ...training.measure(), ...training.picture() });
  rows = undefined; // they stay the same until the next run
}

addEventListener("message", ({ data }) => {
  deliveries.then((recorded) => answer(data, recorded)).catch(reportError);
});
