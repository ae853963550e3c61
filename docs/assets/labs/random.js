/** Seeded random numbers, orders and first weights. */

import { map, matrix } from "./network.js";

/** Return a small seeded generator of numbers from 0 up to 1: Ettinger's mulberry32. */
export function randomGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return a generator of standard normal numbers, by Box and Muller. */
export function normalGenerator(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Return the numbers from 0 to n − 1 in random order, by Fisher and Yates. */
export function permutation(n, random) {
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

/** Return a network with normal weights; `normal` gives standard normal numbers. */
export function initialise(sizes, { initialisation, activation }, normal) {
  const deviation = initialisations[initialisation];
  const network = { W: [], b: [], activation };
  for (let layer = 1; layer < sizes.length; layer++) {
    const [n_in, n_out] = [sizes[layer - 1], sizes[layer]];
    const spread = deviation(n_in, n_out, layer === sizes.length - 1);
    network.W.push(map(matrix(n_in, n_out), () => spread * normal()));
    network.b.push(matrix(1, n_out));
  }
  return network;
}
