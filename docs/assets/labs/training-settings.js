/** The settings of the training lab, its failures, and the address that holds both. */

import { readChoice, writeChoices } from "./address.js";
import { short } from "./lab.js";
import { LAYER_SIZES } from "./training.js";

const POWERS = [-7, -6, -5, -4, -3, -2, -1, 0];

/** Each setting, named as in the address: label, values, texts for them, healthy value. */
export const FIELDS = {
  learningRate: {
    label: "Learning rate",
    values: POWERS.flatMap((power) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => Number(`${n}e${power}`))),
    healthy: 0.05,
  },
  batchSize: {
    label: "Batch size",
    values: [1, 8, 16, 32, 64, 128, 400],
    healthy: 64,
  },
  activation: {
    label: "Activation",
    values: ["relu", "leaky_relu", "sigmoid", "tanh", "linear"],
    texts: ["ReLU", "leaky ReLU", "sigmoid", "tanh", "linear"],
    healthy: "relu",
  },
  initialisation: {
    label: "Initialisation",
    values: ["he", "xavier", "small", "large", "zero"],
    texts: ["He", "Xavier (Glorot)", "too small, 0.001", "too large, 10", "all zero"],
    healthy: "he",
  },
  input: {
    label: "Input",
    values: ["standardised", "raw"],
    texts: ["standardised", "raw: km, minutes, rupees"],
    healthy: "standardised",
  },
  clip: {
    label: "Gradient clipping",
    values: [0, 0.1, 1, 10],
    healthy: 0,
  },
  weightDecay: {
    label: "Weight decay",
    values: [0, 0.001, 0.01, 0.1, 1],
    healthy: 0,
  },
  seed: { label: "Seed", values: [...Array(100).keys()], healthy: 0 },
};

const KEYS = Object.keys(FIELDS);
const HEALTHY = Object.fromEntries(KEYS.map((key) => [key, FIELDS[key].healthy]));

/** Return a share as text. */
export const percent = (share) => `${short(100 * share, 2)} %`;

/**
 * What can be wrong with a run: a title, its page, and `text`, made of a report.
 *
 * `broken` settings break a healthy network; with `mended` ones it learns.
 */
export const FAILURES = {
  nan: {
    title: "NaN",
    page: "loss-is-nan",
    broken: { activation: "leaky_relu", input: "raw" },
    mended: { activation: "leaky_relu" },
    text: ({ lastFinite: { step, loss } }) =>
      `The loss is NaN. The last finite one was ${short(loss, 2)}, at step ${step}.`,
  },
  dying: {
    title: "Dead units",
    page: "nothing-is-learned#which-cause-is-it",
    broken: { learningRate: 0.7 },
    text: ({ dead }) => {
      const share = Math.max(...dead);
      const layer = dead.indexOf(share) + 1;
      return `${percent(share)} of the ${LAYER_SIZES[layer]} units of layer ${layer} are dead. No gradient passes them.`;
    },
  },
  saturated: {
    title: "Saturation",
    page: "nothing-is-learned#which-cause-is-it",
    broken: { activation: "sigmoid", initialisation: "xavier", input: "raw" },
    mended: { activation: "sigmoid", initialisation: "xavier" },
    text: ({ flat, arriving }) =>
      `${percent(flat)} of the first layer's outputs lie at the flat ends of the activation. Of the gradient at the output, ${percent(arriving)} arrives at layer 1.`,
  },
  slow: {
    title: "Tiny steps",
    page: "nothing-is-learned#which-cause-is-it",
    broken: { learningRate: 1e-6 },
    text: ({ train, first, pace }) =>
      `The loss hardly moves: ${short(first, 4)} at the start, ${short(train, 4)} now. A step changes the weights by ${short(pace, 1)} of their size.`,
  },
  equal: {
    title: "Equal units",
    page: "zero-initialisation",
    broken: { initialisation: "zero" },
    text: () =>
      `All units of layer 1 have the same weights, get the same gradient, and stay equal.`,
  },
  vanishing: {
    title: "Nothing is learned",
    page: "nothing-is-learned#measure-it",
    text: ({ arriving }) =>
      `Of the gradient at the output, ${percent(arriving)} arrives at layer 1.`,
  },
  mean: {
    title: "Nothing is learned",
    page: "nothing-is-learned#look-alikes",
    text: ({ train }) =>
      `The training loss is ${short(train)}. Predicting the mean for every delivery gives 1.`,
  },
};

/** The failures that a setting makes. */
export const PRESETS = Object.keys(FAILURES).filter((name) => FAILURES[name].broken);

/** Return the "broken" or "mended" settings of a preset, or a healthy network's. */
export function presetSettings(name, state, seed = 0) {
  return { ...HEALTHY, ...FAILURES[name]?.[state], seed };
}

/** Return { settings, problems } of an address's query, such as "?preset=nan&clip=1". */
export function readQuery(query) {
  const parameters = new URLSearchParams(query);
  const problems = [];
  const read = (name, values, otherwise) => readChoice(parameters, name, values, otherwise, problems);
  const settings = presetSettings(read("preset", PRESETS), "broken");
  for (const key of KEYS) {
    settings[key] = read(key, FIELDS[key].values, settings[key]);
  }
  return { settings, problems };
}

/** Return `query` with the settings that differ from a healthy network's. */
export function writeQuery(settings, query = "") {
  const parameters = new URLSearchParams(query);
  parameters.delete("preset");
  writeChoices(parameters, settings, HEALTHY);
  return parameters.size ? `?${parameters}` : "";
}

/** Say which settings differ from a healthy network's. */
export function settingsWords(settings) {
  const changed = KEYS.filter((key) => settings[key] !== HEALTHY[key]).map((key) => {
    const { label, values, texts } = FIELDS[key];
    return `${label.toLowerCase()} ${texts?.[values.indexOf(settings[key])] ?? short(settings[key])}`;
  });
  return changed.join(", ") || "a healthy network";
}

/** Return the preset whose broken settings these are, with any seed. */
export function presetOf(settings) {
  return PRESETS.find((name) => {
    const broken = presetSettings(name, "broken", settings.seed);
    return KEYS.every((key) => broken[key] === settings[key]);
  });
}
