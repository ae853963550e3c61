/** The settings of the lab of shapes, and the address that holds them. */

import { readChoice, unusable, writeChoices } from "./address.js";
import { FUNCTIONS } from "./readout.js";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDE"; // one for each place of a map
const RATES = [0.01, 0.03, 0.1, 0.3, 1, 3];
const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_none, n) => first + n);

/** Each setting, named as in the address: label, values, texts for them, first value. */
export const FIELDS = {
  shape: {
    label: "Points",
    values: ["circles", "moons", "xor", "spiral", "own"],
    texts: ["circles", "moons", "XOR", "spiral", "your own"],
    first: "circles",
  },
  depth: { label: "Hidden layers", values: numbers(0, 3), first: 1 },
  units: { label: "Units in each", values: numbers(1, 8), first: 4 },
  activation: {
    label: "Activation",
    values: ["relu", "leaky_relu", "sigmoid", "tanh", "linear"],
    texts: ["relu", "leaky_relu", "sigmoid", "tanh", "linear"].map((key) => FUNCTIONS[key].name),
    first: "relu",
  },
  learningRate: { label: "Learning rate", values: RATES, first: 0.3 },
  seed: { label: "Seed", values: numbers(0, 9), first: 0 },
};

const FIRST = Object.fromEntries(Object.entries(FIELDS).map(([key, { first }]) => [key, first]));
const KINDS = ["triangles", "dots"]; // by their y

/** Return { settings, problems } of an address's query, such as "?shape=xor&units=2". */
export function readQuery(query) {
  const parameters = new URLSearchParams(query);
  const problems = [];
  const settings = {};
  for (const [key, { values, first }] of Object.entries(FIELDS)) {
    settings[key] = readChoice(parameters, key, values, first, problems);
  }
  const places = new Map();
  KINDS.forEach((kind, y) => {
    const text = parameters.get(kind) ?? "";
    const drawn = text.match(/../g)?.map((pair) => [...pair].map((digit) => DIGITS.indexOf(digit))) ?? [];
    if (text.length % 2 || drawn.flat().includes(-1)) {
      const choice = `pairs of column and row, each from ${DIGITS[0]} to ${DIGITS.at(-1)}`;
      problems.push(unusable(kind, text, choice));
    } else {
      for (const [column, row] of drawn) places.set(`${column} ${row}`, [column, row, y]);
    }
  });
  settings.points = [...places.values()];
  return { settings, problems };
}

/** Return `query` with the settings that differ from the first ones. */
export function writeQuery(settings, query = "") {
  const parameters = new URLSearchParams(query);
  writeChoices(parameters, settings, FIRST);
  KINDS.forEach((kind, y) => {
    const drawn = settings.points.filter((point) => point[2] === y);
    const text = drawn.map(([column, row]) => DIGITS[column] + DIGITS[row]).join("");
    if (text && settings.shape === "own") parameters.set(kind, text);
    else parameters.delete(kind);
  });
  return parameters.size ? `?${parameters}` : "";
}
