/** Train and paint in a worker: it answers each request with how the network is then. */

import { fetchJson } from "./files.js";
import { boardPixels, unitPixels, zeroLine } from "./shapes-pixels.js";
import { ShapeTraining } from "./shapes-training.js";

const drawn = fetchJson("normals.json");
let training;

async function answer({ id, settings, steps, inks }) {
  const normals = await drawn;
  if (settings) training = new ShapeTraining(settings, normals[settings.seed]);
  for (let step = 0; step < steps; step++) training.step();
  const maps = training.maps();
  const { layers, largest, decision } = maps;
  const pictures = {
    units: layers.map((units, layer) => units.map((map) => unitPixels(map, largest[layer], inks))),
    board: boardPixels(decision, inks),
    line: zeroLine(decision),
  };
  const arrays = [...layers.flat(), decision, ...pictures.units.flat(), pictures.board];
  postMessage({ id, ...training.measure(), ...maps, pictures }, arrays.map(({ buffer }) => buffer));
}

addEventListener("message", ({ data }) => {
  answer(data).catch(reportError);
});
