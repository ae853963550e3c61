/** Train in a worker: it answers each request with how the network is then. */

import { fetchJson } from "./files.js";
import { ShapeTraining } from "./shapes.js";

const drawn = fetchJson("normals.json");
let training;

async function answer({ id, settings, steps }) {
  const normals = await drawn;
  if (settings) training = new ShapeTraining(settings, normals[settings.seed]);
  for (let step = 0; step < steps; step++) training.step();
  const maps = training.maps();
  const buffers = [...maps.layers.flat(), maps.decision].map(({ buffer }) => buffer);
  postMessage({ id, ...training.measure(), ...maps }, buffers);
}

addEventListener("message", ({ data }) => {
  answer(data).catch(reportError);
});
