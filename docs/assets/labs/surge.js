/** The landing page's network: it learns that far and slow together cost extra. */

import { backward, deadUnits, forward, matrix, matrixOf, meanSquaredError, takeRows, update } from "./network.js";
import { unitSummary } from "./network-parts.js";
import { TRAINING_ROWS, scaled, scalesOf } from "./training.js";

export const EPOCHS = 200;
export const STEPS = 7; // of an epoch
export const KILOMETRES = 6;
export const TRAFFIC = Array.from({ length: 91 }, (_nothing, index) => 1 + index / 10);

const BATCH_SIZE = 64;
const LEARNING_RATE = 0.05;
const SURGE = 1.5; // minutes for each kilometre and each point of traffic above 6

const extra = (distance, traffic) => SURGE * distance * Math.max(traffic - 6, 0);

/** Return the minutes that the rule gives for an order of 15 minutes' preparation. */
export function truth(traffic) {
  return 8.6 + 7.3 * KILOMETRES + 0.8 * 15 + 1.5 * traffic + extra(KILOMETRES, traffic);
}

/** A run over the training lab's rows, in their order, from weights that NumPy drew. */
export class SurgeTraining {
  constructor({ rows }, { W }) {
    const seen = rows.slice(0, TRAINING_ROWS);
    const X = matrixOf(seen.map((row) => row.slice(0, 4)));
    const y = matrixOf(seen.map(([distance, traffic, , , minutes]) => [minutes + extra(distance, traffic)]));
    const scales = scalesOf(X);
    [this.minutes] = scalesOf(y);
    this.X = scaled(X, scales);
    this.y = scaled(y, [this.minutes]);
    this.orders = scaled(matrixOf(TRAFFIC.map((traffic) => [KILOMETRES, traffic, 15, 350])), scales);
    this.network = {
      activation: "relu",
      W: W.map(matrixOf),
      b: W.map(([row]) => matrix(1, row.length)),
    };
    this.steps = 0;
  }

  get epoch() {
    return Math.floor(this.steps / STEPS);
  }

  get ended() {
    return this.epoch === EPOCHS;
  }

  /** Return the passes of the next mini-batch; the last of an epoch is shorter. */
  pass() {
    const start = (this.steps % STEPS) * BATCH_SIZE;
    const rows = Array.from({ length: Math.min(BATCH_SIZE, this.X.rows - start) }, (_nothing, row) => start + row);
    const cache = forward(this.network, takeRows(this.X, rows));
    return { cache, gradients: backward(this.network, cache, takeRows(this.y, rows)) };
  }

  step() {
    update(this.network, this.pass().gradients, LEARNING_RATE);
    this.steps += 1;
  }

  /** Return the minutes that the network predicts for TRAFFIC. */
  curve() {
    const { data } = forward(this.network, this.orders).A.at(-1);
    return Array.from(data, (value) => this.minutes.mean + this.minutes.deviation * value);
  }

  loss() {
    return meanSquaredError(forward(this.network, this.X).A.at(-1), this.y);
  }

  /** Return what `NetworkPicture` draws. */
  picture() {
    const { cache, gradients } = this.pass();
    const { network } = this;
    return { W: network.W, ...unitSummary(cache, gradients), dead: deadUnits(network, cache) };
  }
}
