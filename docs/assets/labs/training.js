/** A training run of the delivery network, 4 → 16 → 8 → 1, one step at a time. */

import {
  backward,
  clip,
  deadShares,
  forward,
  gradientNorms,
  matrix,
  meanSquaredError,
  norm,
  takeRows,
  update,
} from "./network.js";
import { initialise, permutation, randomGenerator } from "./random.js";

export const LAYER_SIZES = [4, 16, 8, 1];
const TRAINING_ROWS = 400;

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
      dead: deadShares(network, cache),
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
