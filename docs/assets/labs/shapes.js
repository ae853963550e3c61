/** The lab of shapes: its points. */

import { matrix } from "./network.js";

/** A map has this many places in each row and column, from −1 to 1. */
export const PLACES = 41;

/** Return where a place lies between −1 and 1. */
export const coordinate = (place) => (place - 20) / 20;

/** Return where a place's centre lies in a drawing that is PLACES wide. */
export const centre = (place) => place + 0.5;

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
