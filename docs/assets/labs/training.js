/** A training run of the delivery network, 4 → 16 → 8 → 1, one step at a time. */

import {
  backward,
  clip,
  deadUnits,
  forward,
  gradientNorms,
  matrix,
  meanSquaredError,
  norm,
  takeRows,
  update,
} from "./network.js";

export const LAYER_SIZES = [4, 16, 8, 1];
const TRAINING_ROWS = 400;

/** Return a small seeded generator of numbers from 0 up to 1: Ettinger's mulberry32. */
function randomGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return a standard normal number, by Box and Muller. */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Return the numbers from 0 to n − 1 in random order, by Fisher and Yates. */
function permutation(n, random) {
  const order = Array.from({ length: n }, (_nothing, index) => index);
  for (let last = n - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/** The standard deviation of a layer's first weights; biases start at 0. */
const initialisations = {
  he: (n_in, _n_out, isOutput) => Math.sqrt((isOutput ? 1 : 2) / n_in),
  xavier: (n_in, n_out) => Math.sqrt(2 / (n_in + n_out)),
  small: () => 0.001,
  large: () => 10,
  zero: () => 0,
};

/** Return a network with normal weights. */
function initialise(sizes, { initialisation, activation }, random) {
  const deviation = initialisations[initialisation];
  const network = { W: [], b: [], activation };
  for (let layer = 1; layer < sizes.length; layer++) {
    const [n_in, n_out] = [sizes[layer - 1], sizes[layer]];
    const spread = deviation(n_in, n_out, layer === sizes.length - 1);
    const W = matrix(n_in, n_out);
    W.data.forEach((_zero, index) => {
      W.data[index] = spread * normal(random);
    });
    network.W.push(W);
    network.b.push(matrix(1, n_out));
  }
  return network;
}

/** Return M in standard deviations from the means of the reference's columns. */
function scaled(M, reference) {
  const result = matrix(M.rows, M.columns);
  for (let column = 0; column < M.columns; column++) {
    const values = reference.data.filter((_value, index) => index % M.columns === column);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = norm([{ data: values.map((value) => value - mean) }]) / Math.sqrt(values.length);
    for (let index = column; index < M.data.length; index += M.columns) {
      result.data[index] = (M.data[index] - mean) / deviation;
    }
  }
  return result;
}

/** Return { X, y, X_test, y_test } of recorded rows; y, the last column, standardised. */
export function split({ rows }, input) {
  const [X, y, X_test, y_test] = [rows.slice(0, TRAINING_ROWS), rows.slice(TRAINING_ROWS)]
    .flatMap((part) => [part.map((row) => row.slice(0, 4)), part.map((row) => row.slice(4))])
    .map((part) => matrix(part.length, part[0].length, Float64Array.from(part.flat())));
  const inputs = (M) => (input === "raw" ? M : scaled(M, X));
  return { X: inputs(X), y: scaled(y, y), X_test: inputs(X_test), y_test: scaled(y_test, y) };
}

/** A run of mini-batch gradient descent, a step at a time. */
export class Training {
  constructor(settings, recorded) {
    this.settings = settings;
    this.random = randomGenerator(settings.seed);
    this.network = initialise(LAYER_SIZES, settings, this.random);
    this.data = split(recorded, settings.input);
    this.order = [];
    this.steps = 0;
    this.pace = 0;
    this.lastFinite = { step: 0, loss: NaN };
    this.failed = false;
    this.first = this.measure();
  }

  /** Return the numbers of the next mini-batch's rows; an epoch shuffles them anew. */
  nextRows() {
    if (!this.order.length) this.order = permutation(this.data.X.rows, this.random);
    return this.order.splice(0, this.settings.batchSize);
  }

  /** Take a step on the next mini-batch; a loss of NaN ends the run. */
  step() {
    if (this.failed) return;
    const { settings, network } = this;
    const rows = this.nextRows();
    const y = takeRows(this.data.y, rows);
    const cache = forward(network, takeRows(this.data.X, rows));
    const loss = meanSquaredError(cache.A.at(-1), y);
    this.steps += 1;
    this.failed = Number.isNaN(loss);
    if (Number.isFinite(loss)) this.lastFinite = { step: this.steps, loss };
    const gradients = backward(network, cache, y);
    if (settings.clip) clip(gradients, settings.clip);
    this.pace = relativeStep(network, gradients, settings.learningRate);
    update(network, gradients, settings.learningRate, settings.weightDecay);
  }

  /** Return what the whole training set shows, the test loss, and the diagnosis. */
  measure() {
    const { network, data } = this;
    const cache = forward(network, data.X);
    const gradients = backward(network, cache, data.y);
    const report = {
      step: this.steps,
      train: meanSquaredError(cache.A.at(-1), data.y),
      test: meanSquaredError(forward(network, data.X_test).A.at(-1), data.y_test),
      norms: gradientNorms(gradients),
      dead: deadUnits(network, cache).map(share),
      flat: flatShare(network, cache),
      arriving: norm([gradients.dZ[0]]) / norm([gradients.dZ.at(-1)]),
      pace: this.pace,
      lastFinite: this.lastFinite,
      first: this.first?.train,
    };
    return { ...report, diagnosis: this.diagnose(report) };
  }

  /** Name what is wrong, by the limits of the page "Nothing is learned", or nothing. */
  diagnose({ train, dead, flat, arriving, pace }) {
    if (this.failed) return "nan";
    if (equalUnits(this.network)) return "equal";
    if (flat > 0.9) return "saturated";
    if (Math.max(...dead) >= 0.7) return "dying";
    if (this.steps < 100 || train < 0.8 * Math.min(1, this.first.train)) return undefined;
    if (arriving < 0.01) return "vanishing";
    if (pace < 1e-4) return "slow";
    return train < 0.8 ? undefined : "mean";
  }
}

/** Return the share of true entries. */
const share = (flags) => flags.filter(Boolean).length / flags.length;

/** Return the largest ‖learning rate · dW‖ / ‖W‖ of all layers. */
function relativeStep({ W }, { dW }, learningRate) {
  const paces = W.map((W_layer, layer) => norm([dW[layer]]) / norm([W_layer]));
  return learningRate * Math.max(...paces);
}

/** Return the share of first-layer outputs within 0.01 of sigmoid's ends, or tanh's. */
function flatShare({ activation }, { A }) {
  const centred = { sigmoid: (a) => 2 * a - 1, tanh: (a) => a }[activation];
  if (!centred) return 0;
  const outputs = A[1].data;
  return outputs.filter((a) => Math.abs(centred(a)) > 0.98).length / outputs.length;
}

/** Tell whether all units of the first layer have the same weights. */
function equalUnits({ W: [{ data, columns }] }) {
  return data.every((weight, index) => weight === data[index - (index % columns)]);
}
