/** The settings of the training lab: their values, their presets, their address. */

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const EXPONENTS = [-7, -6, -5, -4, -3, -2, -1, 0];

/** Learning rates with one digit, from 1e-7 to 9. */
export const RATES = EXPONENTS.flatMap((e) => DIGITS.map((digit) => Number(`${digit}e${e}`)));

/** Each setting's name in the address and the values that it can have. */
export const FIELDS = {
  learningRate: { name: "rate", values: RATES },
  batchSize: { name: "batch", values: [1, 8, 16, 32, 64, 128, 400] },
  activation: {
    name: "activation",
    values: ["relu", "leaky_relu", "sigmoid", "tanh", "linear"],
  },
  initialisation: { name: "init", values: ["he", "xavier", "small", "large", "zero"] },
  input: { name: "input", values: ["standardised", "raw"] },
  clip: { name: "clip", values: [0, 0.1, 1, 10] },
  weightDecay: { name: "decay", values: [0, 0.001, 0.01, 0.1, 1] },
  seed: { name: "seed", values: Array.from({ length: 100 }, (_nothing, seed) => seed) },
};

/** A network that learns. */
export const HEALTHY = {
  learningRate: 0.05,
  batchSize: 64,
  activation: "relu",
  initialisation: "he",
  input: "standardised",
  clip: 0,
  weightDecay: 0,
  seed: 0,
};

/** Each failure: the settings that break a healthy network, and those that mend it. */
export const PRESETS = {
  nan: {
    title: "The loss becomes NaN",
    broken: { activation: "leaky_relu", input: "raw" },
    mended: { activation: "leaky_relu" },
    cure: "standardised inputs",
  },
  dying: {
    title: "ReLU units die",
    broken: { learningRate: 0.7 },
    mended: {},
    cure: "a learning rate of 0.05",
  },
  saturated: {
    title: "Sigmoids saturate",
    broken: { activation: "sigmoid", initialisation: "xavier", input: "raw" },
    mended: { activation: "sigmoid", initialisation: "xavier" },
    cure: "standardised inputs",
  },
  slow: {
    title: "The learning rate is too small",
    broken: { learningRate: 1e-6 },
    mended: {},
    cure: "a learning rate of 0.05",
  },
  equal: {
    title: "All weights start at zero",
    broken: { initialisation: "zero" },
    mended: {},
    cure: "He's initialisation",
  },
};

/** Return the settings of a preset; `state` is "broken" or "mended". */
export function presetSettings(name, state, seed = HEALTHY.seed) {
  return { ...HEALTHY, ...PRESETS[name][state], seed };
}

/** Return { settings, preset, problems } of an address's query, such as "?preset=nan". */
export function readQuery(query) {
  const parameters = new URLSearchParams(query);
  const preset = parameters.get("preset") ?? undefined;
  const isKnown = preset !== undefined && Object.hasOwn(PRESETS, preset);
  const problems = [];
  if (preset !== undefined && !isKnown) {
    problems.push(unusable("preset", preset, Object.keys(PRESETS)));
  }
  const settings = isKnown ? presetSettings(preset, "broken") : { ...HEALTHY };
  for (const [key, { name, values }] of Object.entries(FIELDS)) {
    const text = parameters.get(name);
    if (text === null) continue;
    const value = values.find((each) => isWritten(each, text));
    if (value === undefined) problems.push(unusable(name, text, values));
    else settings[key] = value;
  }
  return { settings, preset: isKnown ? preset : undefined, problems };
}

function isWritten(value, text) {
  if (typeof value === "string") return value === text;
  return text.trim() !== "" && value === Number(text);
}

function unusable(name, text, values) {
  const choice =
    values.length > 10 ? `${values[0]} to ${values.at(-1)}, one digit` : values.join(", ");
  const limits = name === "seed" ? "a whole number from 0 to 99" : choice;
  return `The address asks for ${name}=${text.slice(0, 40)}, which the lab does not have, so it is ignored. It has: ${limits}.`;
}

/** Return `query` with the settings that differ from a healthy network's. */
export function writeQuery(settings, query = "") {
  const parameters = new URLSearchParams(query);
  parameters.delete("preset");
  for (const [key, { name }] of Object.entries(FIELDS)) {
    if (settings[key] === HEALTHY[key]) parameters.delete(name);
    else parameters.set(name, settings[key]);
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

/** Return the preset whose broken or mended settings these are, with any seed. */
export function presetOf(settings) {
  const query = writeQuery({ ...settings, seed: 0 });
  return Object.keys(PRESETS).find(
    (name) => writeQuery(presetSettings(name, "broken")) === query,
  );
}
