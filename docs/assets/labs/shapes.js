/** The lab of shapes: its points, its network, and what a map shows of each unit. */

import { backward, crossEntropy, crossEntropyGradient, deadUnits, forward, matrix, update } from "./network.js";
import { initialise } from "./random.js";

/** A map has this many places in each row and column, from −1 to 1. */
export const PLACES = 41;

/** Return where a place lies between −1 and 1. */
export const coordinate = (place) => (place - 20) / 20;

/** The functions of two numbers that fill a square, y 1 or 0, each returning a point. */
const formulas = {
  circles(u, v, y) {
    const radius = y ? 0.4 * Math.sqrt(v) : 0.65 + 0.3 * v;
    return polar(radius, 2 * Math.PI * u);
  },
  moons(u, v, y) {
    const [x1, x2] = polar(0.8 + 0.4 * v, Math.PI * u);
    return turned([(x1 - 0.5) / 1.8, (x2 - 0.25) / 1.8], y);
  },
  spiral(u, v, y) {
    return turned(polar(0.06 + 0.8 * u + 0.08 * v, 2.5 * Math.PI * u), y);
  },
  xor(u, v) {
    return [u, v].map((each) => 0.1 * Math.sign(2 * each - 1) + 0.85 * (2 * each - 1));
  },
};

const polar = (radius, angle) => [radius * Math.cos(angle), radius * Math.sin(angle)];
const turned = (point, y) => (y ? point : point.map((x) => -x));

/** Return a function that gives the powers of 16807, from 0 to 1: Lehmer's generator. */
function generator(power) {
  const modulus = 2 ** 31 - 1;
  let drawn = 1;
  const next = () => {
    drawn = (16807 * drawn) % modulus;
    return drawn / modulus;
  };
  for (let passed = 1; passed < power; passed++) next();
  return next;
}

/** Return { X, y }, n points and their classes: those from number `first` on. */
export function makeShape(name, first = 0, n = 200) {
  const X = matrix(n, 2);
  const y = matrix(n, 1);
  const next = generator(2 * first + 10);
  for (let row = 0; row < n; row++) {
    const isDot = row < n / 2;
    const [x1, x2] = formulas[name](next(), next(), isDot);
    X.data.set([x1, x2], 2 * row);
    y.data[row] = name === "xor" ? x1 * x2 < 0 : isDot;
  }
  return { X, y };
}

/** Return the { X, y } to train on; drawn points are lists of [column, row, y]. */
export function trainingPoints({ shape, points }) {
  if (shape !== "own") return makeShape(shape);
  const places = points.flatMap(([column, row]) => [coordinate(column), coordinate(row)]);
  return {
    X: matrix(points.length, 2, Float64Array.from(places)),
    y: matrix(points.length, 1, Float64Array.from(points, ([, , y]) => y)),
  };
}

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
   * A layer is a list of maps, a unit each, and has its largest number in `largest`. The last layer's maps are already times their
   * weights to the output, so that they and the bias add up to the decision, the logit.
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
