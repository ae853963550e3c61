/** A training run of the delivery network, 4 → 16 → 8 → 1, one step at a time. */

import {
  backward,
  clip,
  columnOf,
  deadUnits,
  forward,
  gradientNorms,
  map,
  matrixOf,
  meanSquaredError,
  norm,
  takeRows,
  update,
} from "./network.js";
import { partNumbers, unitSummary } from "./network-parts.js";
import { initialise, normalGenerator, permutation, randomGenerator } from "./random.js";

export const LAYER_SIZES = [4, 16, 8, 1];
export const TRAINING_ROWS = 400;
export const CURVE_POINTS = 33;

/** Return { mean, deviation } of each column of M. */
export function scalesOf(M) {
  return Array.from({ length: M.columns }, (_nothing, column) => {
    const values = columnOf(M, column);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = norm([{ data: values.map((value) => value - mean) }]) / Math.sqrt(values.length);
    return { mean, deviation };
  });
}

/** Return M in standard deviations from the means of its columns' scales. */
export function scaled(M, scales) {
  return map(M, (value, index) => {
    const { mean, deviation } = scales[index % M.columns];
    return (value - mean) / deviation;
  });
}

/** Return rows where each column in turn sweeps its range, the others at their means. */
function sweeps(X, scales) {
  const rows = scales.flatMap((_scale, column) => {
    const values = columnOf(X, column);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return Array.from({ length: CURVE_POINTS }, (_nothing, point) => {
      const row = scales.map(({ mean }) => mean);
      row[column] = low + ((high - low) * point) / (CURVE_POINTS - 1);
      return row;
    });
  });
  return matrixOf(rows);
}

/**
 * Return { X, y, X_test, y_test } of recorded rows; y, the last column, standardised by
 * its scale, `minutes`. X_swept are the rows of the curves.
 */
export function split({ rows }, input) {
  const [X, y, X_test, y_test] = [rows.slice(0, TRAINING_ROWS), rows.slice(TRAINING_ROWS)]
    .flatMap((part) => [part.map((row) => row.slice(0, 4)), part.map((row) => row.slice(4))])
    .map(matrixOf);
  const [scales, minutes] = [scalesOf(X), scalesOf(y)];
  const inputs = (M) => (input === "raw" ? M : scaled(M, scales));
  return {
    X: inputs(X),
    y: scaled(y, minutes),
    X_test: inputs(X_test),
    y_test: scaled(y_test, minutes),
    X_swept: inputs(sweeps(X, scales)),
    minutes: minutes[0],
  };
}

/** A run of mini-batch gradient descent, a step at a time. */
export class Training {
  constructor(settings, recorded) {
    this.settings = settings;
    this.random = randomGenerator(settings.seed);
    this.network = initialise(LAYER_SIZES, settings, normalGenerator(this.random));
    this.data = split(recorded, settings.input);
    this.order = [];
    this.steps = 0;
    this.pace = 0;
    this.lastFinite = { step: 0, loss: NaN };
    this.failed = false;
    this.first = this.measure();
  }

  /** Return the next mini-batch's passes; an epoch shuffles anew. */
  pass() {
    const { network, data, settings } = this;
    if (!this.order.length) this.order = permutation(data.X.rows, this.random);
    if (!this.passed) {
      const rows = this.order.slice(0, settings.batchSize);
      const y = takeRows(data.y, rows);
      const cache = forward(network, takeRows(data.X, rows));
      const loss = meanSquaredError(cache.A.at(-1), y);
      this.passed = { cache, loss, gradients: backward(network, cache, y) };
    }
    return this.passed;
  }

  /** Take a step on the next mini-batch; a loss of NaN ends the run. */
  step() {
    if (this.failed) return;
    const { settings, network } = this;
    const { loss, gradients } = this.pass();
    this.order.splice(0, settings.batchSize);
    this.passed = undefined;
    this.steps += 1;
    this.failed = Number.isNaN(loss);
    if (Number.isFinite(loss)) this.lastFinite = { step: this.steps, loss };
    if (settings.clip) clip(gradients, settings.clip);
    this.pace = relativeStep(network, gradients, settings.learningRate);
    update(network, gradients, settings.learningRate, settings.weightDecay);
  }

  /** Return what the whole training set shows, the predictions, and the diagnosis. */
  measure() {
    const { network, data } = this;
    const cache = forward(network, data.X);
    const gradients = backward(network, cache, data.y);
    const y_hat_test = forward(network, data.X_test).A.at(-1);
    const inMinutes = ({ data: values }) =>
      values.map((value) => data.minutes.mean + data.minutes.deviation * value);
    const dead = deadUnits(network, cache);
    const report = {
      step: this.steps,
      train: meanSquaredError(cache.A.at(-1), data.y),
      test: meanSquaredError(y_hat_test, data.y_test),
      predicted: inMinutes(y_hat_test),
      curves: inMinutes(forward(network, data.X_swept).A.at(-1)),
      norms: gradientNorms(gradients),
      dead: dead.map(share),
      deadUnits: dead,
      flat: flatShare(network, cache),
      arriving: norm([gradients.dZ[0]]) / norm([gradients.dZ.at(-1)]),
      pace: this.pace,
      lastFinite: this.lastFinite,
      first: this.first?.train,
    };
    return { ...report, diagnosis: this.diagnose(report) };
  }

  /** Return what the next mini-batch does at each unit, and the weights. */
  picture() {
    const { cache, gradients } = this.pass();
    return { W: this.network.W, ...unitSummary(cache, gradients) };
  }

  /** Return the numbers of a unit or a line, and what the next step adds to it. */
  look(part) {
    const { learningRate, clip: limit, weightDecay } = this.settings;
    const { cache, gradients } = this.pass();
    const numbers = partNumbers(this.network, cache, gradients, part);
    const total = norm([...gradients.dW, ...gradients.db]);
    const factor = limit && total > limit ? limit / total : 1;
    const decay = part.unit === undefined ? weightDecay * numbers.value : 0;
    return { ...numbers, change: -learningRate * (factor * numbers.gradient + decay) };
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
