/** Say the numbers of a line or a unit, and how the chain rule made its gradient. */

import { short } from "./lab.js";
import { FUNCTIONS } from "./readout.js";

const lowered = (number) => "₀₁₂₃₄₅₆₇₈₉"[number];
const factor = (number) => (number < 0 ? `(${short(number)})` : short(number));

/**
 * Return [name, sentence …] of a part: `numbers` are those of `partNumbers`, with `change`,
 * what the next step adds to the weight or the bias.
 */
export function partWords({ layer, unit, from, to }, numbers, { sizes, inputs, activation }) {
  const last = sizes.length - 1;
  const unitName = (where, which) =>
    where === 0 ? inputs[which] : where === last ? "the output" : `unit ${which + 1} of layer ${where}`;
  const isLine = unit === undefined;
  const above = isLine ? layer + 1 : layer;
  const { rows, mean, range, value, gradient, change, flat, largest } = numbers;
  const batch = `the next batch's ${rows} deliver${rows === 1 ? "y" : "ies"}`;
  const title = isLine ? `the line from ${unitName(layer, from)} to ${unitName(above, to)}` : unitName(layer, unit);
  const sentences = [title[0].toUpperCase() + title.slice(1)];
  const outputs = `${range.map((end) => short(end)).join(" to ")}, on average ${short(mean)}.`;
  if (above === 0) {
    const data = "An input is data: nothing adjusts it, so no gradient is computed for it.";
    return [...sentences, `In ${batch} the network reads ${outputs}`, data];
  }
  const name = isLine ? "w" : "b";
  const size =
    `${isLine ? "Weight" : "Bias"} ${name} = ${short(value)}, gradient ∂L/∂${name} = ${short(gradient)}. ` +
    `The next step adds ${short(change)} to ${name}.`;
  const dead = above === last ? "" : ` Its slope is 0 for ${flat} of them.`;
  sentences.push(isLine ? size : `In ${batch} it gives ${outputs}${dead} ${size}`);

  const z = `z${lowered(above)}`;
  const product = [[`∂L/∂${z}`, factor(largest.upstream)]];
  let origin = ` Here ∂L/∂${z} = 2 · (ŷ − y) / ${rows}.`;
  if (above < last) {
    product[0][0] = `∂L/∂a${lowered(above)}`;
    product.push([`${FUNCTIONS[activation].name}′(${z})`, factor(largest.slope)]);
    const lines = sizes[above + 1] === 1 ? "one line that leaves" : `${sizes[above + 1]} lines that leave`;
    origin = isLine ? "" : ` ${product[0][0]} sums ∂L/∂z${lowered(above + 1)} · w over the ${lines} it.`;
  }
  if (isLine) product.unshift([layer === 0 ? "x" : `a${lowered(layer)}`, factor(largest.input)]);
  const [names, values] = [0, 1].map((column) => product.map((pair) => pair[column]).join(" · "));
  const result = product.length > 1 ? ` = ${short(largest.product)}` : "";
  const shown =
    largest.product === 0
      ? "Every product is 0: no gradient comes here."
      : `The largest part, delivery ${largest.row + 1}: ${values}${result}.`;
  return [...sentences, `Chain rule: ∂L/∂${name} = Σ ${names}, over ${batch}.${origin} ${shown}`];
}
