/** What a pass through a network says of each unit and line. */

import { activations, columnSums, map } from "./network.js";

/**
 * Return { positive, negative, back }, lists of numbers a layer: the batch's means of
 * max(a, 0) and max(−a, 0), beginning with X, and the length of ∂L/∂z, with layer 1.
 */
export function unitSummary({ A }, { dZ }) {
  const meanOf = (f) => (M) => Array.from(columnSums(map(M, f)).data, (sum) => sum / M.rows);
  const lengths = (M) => Array.from(columnSums(map(M, (value) => value ** 2)).data, Math.sqrt);
  return {
    positive: A.map(meanOf((a) => Math.max(a, 0))),
    negative: A.map(meanOf((a) => Math.max(-a, 0))),
    back: dZ.map(lengths),
  };
}

const at = ({ columns, data }, row, column) => data[row * columns + column];

/**
 * Return the numbers of a line { layer, from, to }, or a unit { layer, unit }.
 *
 * `gradient`, that of its weight or bias, is spelt out by the chain rule: the sum over the
 * batch of `input` · `upstream` · `slope`. The first is 1 for a bias; the second is ∂L/∂a,
 * summed over the lines that leave the unit; the third is f′(z). `largest` is the product
 * farthest from 0. Inputs have neither bias nor gradient.
 */
export function partNumbers({ W, b, activation }, { Z, A }, { dZ }, { layer, unit, from, to }) {
  const isLine = unit === undefined;
  const [above, target] = isLine ? [layer, to] : [layer - 1, unit];
  const rows = [...Array(A[0].rows).keys()];
  const outputs = isLine ? [] : rows.map((row) => at(A[layer], row, unit));
  const numbers = {
    rows: rows.length,
    mean: outputs.reduce((sum, a) => sum + a, 0) / rows.length,
    range: [Math.min(...outputs), Math.max(...outputs)],
  };
  if (above < 0) return numbers;
  const next = W[above + 1];
  const products = rows.map((row) => {
    const input = isLine ? at(A[layer], row, from) : 1;
    let [upstream, slope] = [at(dZ[above], row, target), 1];
    if (next) {
      upstream = 0;
      for (let other = 0; other < next.columns; other++) {
        upstream += at(dZ[above + 1], row, other) * at(next, target, other);
      }
      slope = activations[activation].derivative(at(Z[above], row, target));
    }
    return { row, input, upstream, slope, product: input * upstream * slope };
  });
  return {
    ...numbers,
    value: isLine ? at(W[above], from, to) : b[above].data[unit],
    gradient: products.reduce((sum, { product }) => sum + product, 0),
    flat: products.filter(({ slope }) => slope === 0).length,
    largest: products.reduce((one, other) => (Math.abs(other.product) > Math.abs(one.product) ? other : one)),
  };
}
