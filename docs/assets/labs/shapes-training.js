/** The lab of shapes: its network, and what a map shows of each unit. */

import { backward, crossEntropy, crossEntropyGradient, deadUnits, forward, matrix, update } from "./network.js";
import { initialise } from "./random.js";
import { PLACES, coordinate, makeShape, trainingPoints } from "./shapes.js";

/** Return a network with the course's first weights, of normal numbers that NumPy drew. */
function firstNetwork({ depth, units, activation }, normals) {
  const sizes = [2, ...Array(depth).fill(units), 1];
  const drawn = normals.values();
  return initialise(sizes, { initialisation: "he", activation }, () => drawn.next().value);
}

/** The places of a map, row after row from the top, as inputs (PLACES², 2). */
const everywhere = matrix(
  PLACES ** 2,
  2,
  Float64Array.from({ length: 2 * PLACES ** 2 }, (_none, index) => {
    const place = index >> 1;
    return index % 2 ? coordinate(PLACES - 1 - Math.floor(place / PLACES)) : coordinate(place % PLACES);
  }),
);

/** A run of gradient descent on all points at once, a step at a time. */
export class ShapeTraining {
  constructor(settings, normals) {
    this.settings = settings;
    this.network = firstNetwork(settings, normals);
    this.data = trainingPoints(settings);
    this.unseen = settings.shape === "own" ? undefined : makeShape(settings.shape, this.data.X.rows);
    this.steps = 0;
  }

  /** Take a step; without points there is nothing to step to. */
  step() {
    const { network, data } = this;
    if (!data.X.rows) return;
    const gradients = backward(network, forward(network, data.X), data.y, crossEntropyGradient);
    update(network, gradients, this.settings.learningRate);
    this.steps += 1;
  }

  /** Return the loss and which points are right, of the points and of unseen ones. */
  measure() {
    const { network, data, unseen, steps } = this;
    const cache = forward(network, data.X);
    return {
      steps,
      seen: judge(cache.A.at(-1), data.y),
      unseen: unseen && judge(forward(network, unseen.X).A.at(-1), unseen.y),
      idle: deadUnits(network, cache),
    };
  }

  /**
   * Return what maps show, each a list of numbers: { layers, largest, decision, … }.
   *
   * A layer is a list of maps, a unit each, and has its largest number in `largest`. The last
   * layer's maps are already times their weights to the output, so that they and the bias add
   * up to the decision, the logit.
   */
  maps() {
    const { W, b } = this.network;
    const { A } = forward(this.network, everywhere);
    const weights = W.at(-1).data;
    const summed = A.at(-2);
    const layers = (A.length > 2 ? A.slice(1, -1) : [summed]).map(({ columns, data }) =>
      Array.from({ length: columns }, (_none, unit) => {
        const weight = data === summed.data ? weights[unit] : 1;
        return Float32Array.from({ length: PLACES ** 2 }, (_zero, place) => weight * data[place * columns + unit]);
      }),
    );
    const largest = layers.map((maps) => Math.max(...maps.map((map) => map.reduce(larger, 0))));
    const decision = Float32Array.from(A.at(-1).data);
    return { layers, largest, decision, weights: [...weights], bias: b.at(-1).data[0] };
  }
}

const larger = (most, number) => Math.max(most, Math.abs(number));

/** Return { loss, right, wrong }: the loss, how many points are right, which are wrong. */
function judge(Z, y) {
  const isRight = (z, row) => z > 0 === (y.data[row] === 1);
  const wrong = [...Z.data.keys()].filter((row) => !isRight(Z.data[row], row));
  return { loss: crossEntropy(Z, y), rows: Z.rows, right: Z.rows - wrong.length, wrong };
}
