/** Step through the two passes of the chapter's 2-2-1 network. */

import { Lab, button, element, setAttributes, short, slider, svg, uniqueId } from "./lab.js";
import { activations, backward, forward, matrixOf, meanSquaredError } from "./network.js";

const GIVEN = {
  "Inputs and target": { x1: 2, x2: 3, y: 0.5 },
  "Into hidden unit 1": { w11: 0.5, w21: 0.1, b1: 0.2 },
  "Into hidden unit 2": { w12: -0.4, w22: -0.6, b2: 0.1 },
  "Into the output": { v1: 0.6, v2: -0.7, c: 0.4 },
};
const WORKED = Object.assign({}, ...Object.values(GIVEN));
const LIMIT = 10;

/** Each number, in the order of the two passes, and what it is computed from. */
const STEPS = Object.entries({
  z1: "x1 · w11 + x2 · w21 + b1",
  z2: "x1 · w12 + x2 · w22 + b2",
  a1: "max(z1, 0)",
  a2: "max(z2, 0)",
  y_hat: "a1 · v1 + a2 · v2 + c",
  loss: "(y_hat − y)²",
  dy_hat: "2 · (y_hat − y)",
  dv1: "dy_hat · a1",
  dv2: "dy_hat · a2",
  dc: "dy_hat · 1",
  da1: "dy_hat · v1",
  da2: "dy_hat · v2",
  dz1: "da1 · slope1",
  dz2: "da2 · slope2",
  dw11: "dz1 · x1",
  dw21: "dz1 · x2",
  db1: "dz1 · 1",
  dw12: "dz2 · x1",
  dw22: "dz2 · x2",
  db2: "dz2 · 1",
});
const LAST = STEPS.length;
const FORWARD_STEPS = STEPS.findIndex(([name]) => name === "dy_hat");

const NODES = {
  x1: [26, 88],
  x2: [26, 248],
  z1: [166, 88],
  z2: [166, 248],
  a1: [240, 88],
  a2: [240, 248],
  y_hat: [302, 168],
  loss: [358, 168],
};
/** Where a number stands, unless it is above its node. */
const VALUES = {
  x2: [26, 277],
  loss: [358, 197],
  w11: [92, 73],
  w12: [26, 116],
  w21: [26, 184],
  w22: [92, 234],
  b1: [112, 18],
  b2: [112, 302],
  v1: [304, 84],
  v2: [290, 257],
  c: [348, 241],
  y: [358, 110],
};
/** Where a gradient stands, unless it is right below a parameter's value. */
const GRADIENTS = {
  dz1: [175, 119],
  dz2: [175, 277],
  da1: [230, 119],
  da2: [230, 277],
  dy_hat: [302, 211],
  dw11: [92, 105],
  dw12: [26, 150],
  dw21: [26, 218],
  dw22: [92, 265],
};
/** Where there is no room for name and value in one line. */
const TWO_LINES = new Set(["w12", "w21"]);
/** From where to where an arrow leads, and the parameter that it carries. */
const EDGES = [
  ["x1", "z1", "w11"],
  ["x1", "z2", "w12"],
  ["x2", "z1", "w21"],
  ["x2", "z2", "w22"],
  [[126, 47], "z1", "b1"],
  [[122, 290], "z2", "b2"],
  ["z1", "a1"],
  ["z2", "a2"],
  ["a1", "y_hat", "v1"],
  ["a2", "y_hat", "v2"],
  [[346, 229], "y_hat", "c"],
  ["y_hat", "loss"],
  [[358, 120], "loss", "y"],
];
const RADIUS = 17;

/** Return every number of both passes, under the names that the chapter's code uses. */
function bothPasses(given) {
  const { x1, x2, y, w11, w12, w21, w22, b1, b2, v1, v2, c } = given;
  const network = {
    W: [matrixOf([[w11, w12], [w21, w22]]), matrixOf([[v1], [v2]])],
    b: [matrixOf([[b1, b2]]), matrixOf([[c]])],
    activation: "relu",
  };
  const target = matrixOf([[y]]);
  const cache = forward(network, matrixOf([[x1, x2]]));
  const { dW, db, dZ } = backward(network, cache, target);
  const unmasked = backward({ ...network, activation: "linear" }, cache, target);
  const [z1, z2] = cache.Z[0].data;
  const [a1, a2] = cache.A[1].data;
  const [dv1, dv2] = dW[1].data;
  const [da1, da2] = unmasked.dZ[0].data; // a slope of 1 leaves ∂L/∂a as it is
  const [dz1, dz2] = dZ[0].data;
  const [dw11, dw12, dw21, dw22] = dW[0].data;
  const [db1, db2] = db[0].data;
  const [slope1, slope2] = [z1, z2].map(activations.relu.derivative);
  return {
    ...given,
    ...{ z1, z2, a1, a2, y_hat: cache.A[2].data[0] },
    loss: meanSquaredError(cache.A[2], target),
    ...{ dy_hat: dZ[1].data[0], dv1, dv2, dc: db[1].data[0], da1, da2 },
    ...{ slope1, slope2, dz1, dz2, dw11, dw12, dw21, dw22, db1, db2 },
  };
}

/** Return a number with four significant digits; what is rounding noise is 0. */
function show(number) {
  return short(Math.abs(number) < 1e-12 ? 0 : number, 4);
}

function isExact(number) {
  return Math.abs(Number(show(number).replaceAll("−", "-")) - number) < 1e-12;
}

/** Return the name of a number as it is written: dw11 as ∂L/∂w₁₁. */
function symbol(name) {
  if (name.startsWith("d")) return `∂L/∂${symbol(name.slice(1))}`;
  if (name.startsWith("slope")) return `ReLU′(${symbol(name.replace("slope", "z"))})`;
  if (name === "y_hat") return "ŷ";
  if (name === "loss") return "L";
  return name.replace(/\d/g, (digit) => "₀₁₂"[digit]);
}

/** Return a step's formula: with names, with numbers, and its value. */
function spelledOut([name, formula], numbers) {
  const names = formula.match(/[a-z_]\w*/g).filter((word) => word in numbers);
  const fill = (write) =>
    formula.replace(/[a-z_]\w*/g, (word, place) =>
      word in numbers ? write(word, place > 0 && formula[place - 1] !== "(") : word,
    );
  const inNumbers = fill((word, inside) => {
    const text = show(numbers[word]);
    return inside && text.startsWith("−") ? `(${text})` : text;
  });
  const first = names.every((word) => isExact(numbers[word])) ? "=" : "≈";
  const second = isExact(numbers[name]) ? first : "≈";
  const value = show(numbers[name]);
  return `${symbol(name)} = ${fill(symbol)} ${first} ${inNumbers} ${second} ${value}`;
}

/** Return what a step through a ReLU means, or an empty text. */
function remark(name, numbers) {
  const unit = name.match(/^d?[az]([12])$/)?.[1];
  if (!unit || name === `z${unit}` || name === `da${unit}`) return "";
  const active = numbers[`z${unit}`] > 0;
  const sign = `${symbol(`z${unit}`)} is ${active ? "above" : "not above"} 0`;
  const state = `unit ${unit} is ${active ? "active" : "inactive"}`;
  if (name === `a${unit}`) return `${sign}: ${state}.`;
  const effect = active ? "passes the gradient on" : "passes nothing back";
  return `${sign}: ${state} and ${effect}.`;
}

/** Return the arrow from a point or node to a node, as a group of line and head. */
function arrow(from, to) {
  const [x2, y2] = NODES[to];
  const [x1, y1] = NODES[from] ?? from;
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const start = from in NODES ? RADIUS : 0;
  const tip = length - RADIUS - 1;
  const at = (along, aside) =>
    [x1 + along * dx - aside * dy, y1 + along * dy + aside * dx].map(Math.round).join(" ");
  return svg(
    "g",
    { class: "passes-edge" },
    svg("path", { class: "passes-line", d: `M${at(start, 0)}L${at(tip - 4, 0)}` }),
    svg("path", { class: "passes-head", d: `M${at(tip, 0)}L${at(tip - 9, 4)}L${at(tip - 9, -4)}Z` }),
  );
}

/** The drawing of the network; `update` writes the numbers of the steps done. */
class Drawing {
  constructor() {
    this.texts = {};
    this.prefixes = {};
    this.svg = svg("svg", { viewBox: "0 0 384 330", role: "img", class: "passes" });
    this.edges = EDGES.map(([from, to, carried]) => ({
      ends: [from, to, carried].filter((end) => typeof end === "string"),
      group: arrow(from, to),
    }));
    this.svg.append(...this.edges.map(({ group }) => group));
    this.nodes = Object.fromEntries(Object.keys(NODES).map((name) => [name, this.node(name)]));
    for (const name of Object.keys({ ...NODES, ...WORKED })) this.addNumbers(name);
    this.write([206, 18], "passes-value", "values");
    this.write([300, 18], "passes-gradient", "∂: gradients of L");
    for (const y of [100, 260]) this.write([203, y], "passes-note", "ReLU");
    this.states = [42, 302].map((y) => this.write([203, y], "passes-note", ""));
  }

  node(name) {
    const [cx, cy] = NODES[name];
    const circle = svg("circle", { class: "passes-node", cx, cy, r: RADIUS });
    this.svg.append(circle);
    this.write([cx, cy], "passes-name", symbol(name));
    return circle;
  }

  addNumbers(name) {
    const [x, y] = NODES[name] ?? [];
    const [valueX, valueY] = VALUES[name] ?? [x, y - 28];
    const isSplit = TWO_LINES.has(name);
    if (isSplit) this.write([valueX, valueY], "passes-value", symbol(name));
    this.prefixes[name] = name in NODES || isSplit ? "" : `${symbol(name)} `;
    this.texts[name] = this.write([valueX, valueY + (isSplit ? 17 : 0)], "passes-value", "");
    const gradient = `d${name}`;
    if (STEPS.some(([step]) => step === gradient)) {
      const place = GRADIENTS[gradient] ?? [valueX, valueY + 18];
      this.prefixes[gradient] = "∂ ";
      this.texts[gradient] = this.write(place, "passes-gradient", "");
    }
  }

  write([x, y], kind, text) {
    const made = svg("text", { x, y, class: kind }, text);
    this.svg.append(made);
    return made;
  }

  update(numbers, step) {
    const done = new Set([...Object.keys(WORKED), ...STEPS.slice(0, step).map(([name]) => name)]);
    for (const [name, text] of Object.entries(this.texts)) {
      text.dataset.name = name;
      text.textContent = done.has(name) ? this.prefixes[name] + show(numbers[name]) : "";
    }
    this.states.forEach((text, index) => {
      const active = numbers[`z${index + 1}`] > 0;
      text.textContent = done.has(`a${index + 1}`) ? (active ? "active" : "inactive") : "";
    });
    this.mark(STEPS[step - 1]);
    const shown = [...done].map((name) => `${symbol(name)} = ${show(numbers[name])}`);
    this.svg.setAttribute("aria-label", `The network, with ${shown.join(", ")}.`);
  }

  mark([name, formula] = ["", ""]) {
    const used = new Set([name, ...formula.split(/\W+/)].map((word) => word.replace(/^d/, "")));
    const pass = name.startsWith("d") ? "backward" : "forward";
    for (const { ends, group } of this.edges) {
      const isUsed = name !== "" && ends.every((end) => used.has(end));
      setAttributes(group, { "data-pass": isUsed && pass });
    }
    for (const [node, circle] of Object.entries(this.nodes)) {
      setAttributes(circle, { "data-pass": name !== "" && used.has(node) && pass });
    }
    for (const [key, text] of Object.entries(this.texts)) {
      setAttributes(text, { "data-now": key === name });
    }
  }
}

/** Return a labelled field for a number; `onInput` gets each number in the limits. */
function numberField(name, value, onInput) {
  const id = uniqueId();
  const attributes = { id, type: "number", min: -LIMIT, max: LIMIT, step: 0.1, value };
  const input = element("input", { ...attributes, name, inputmode: "text", autocomplete: "off" });
  const isNumber = () => Math.abs(input.valueAsNumber) <= LIMIT;
  let last = value;
  input.addEventListener("input", () => {
    setAttributes(input, { "aria-invalid": isNumber() ? false : "true" });
    if (isNumber()) onInput((last = input.valueAsNumber));
  });
  input.addEventListener("change", () => {
    setAttributes(input, { "aria-invalid": false });
    if (!isNumber()) input.value = last;
  });
  const set = (number) => {
    input.value = last = number;
    setAttributes(input, { "aria-invalid": false });
  };
  return { row: element("div", {}, element("label", { for: id }, symbol(name)), input), set };
}

class BackpropagationLab extends Lab {
  build(panel) {
    this.given = { ...WORKED };
    this.drawing = new Drawing();
    this.sentence = element("output", { class: "passes-step" });
    this.slider = slider({
      label: "Step",
      min: 0,
      max: LAST,
      step: 1,
      value: LAST,
      show: (step) => `${step} of ${LAST}`,
      onInput: () => this.update(),
    });
    const moves = { "To start": -LAST, Previous: -1, Next: 1, "To end": LAST };
    this.buttons = Object.entries(moves).map(([text, steps]) => ({
      steps,
      button: button(text, () => this.move(steps)),
    }));
    const buttons = this.buttons.map((each) => each.button);
    panel.append(
      this.drawing.svg,
      this.sentence,
      element("div", { class: "lab-buttons passes-moves" }, ...buttons),
      this.slider.row,
      this.fields(),
      button("Back to the worked example", () => this.reset()),
    );
    this.update();
  }

  fields() {
    this.inputs = {};
    const groups = Object.entries(GIVEN).map(([title, group]) => {
      const rows = Object.entries(group).map(([name, value]) => {
        this.inputs[name] = numberField(name, value, (number) => {
          this.given[name] = number;
          this.update();
        });
        return this.inputs[name].row;
      });
      return element("fieldset", {}, element("legend", {}, title), ...rows);
    });
    return element("div", { class: "passes-fields" }, ...groups);
  }

  move(steps) {
    this.slider.value = Math.min(Math.max(this.slider.value + steps, 0), LAST);
    this.update();
  }

  reset() {
    this.given = { ...WORKED };
    for (const [name, value] of Object.entries(WORKED)) this.inputs[name].set(value);
    this.update();
  }

  update() {
    const numbers = bothPasses(this.given);
    const step = this.slider.value;
    this.drawing.update(numbers, step);
    this.sentence.replaceChildren(...sentence(numbers, step));
    for (const { steps, button: each } of this.buttons) {
      const atEnd = step === (steps < 0 ? 0 : LAST);
      setAttributes(each, { "aria-disabled": atEnd && "true" });
    }
  }
}

/** Return the elements that say what a step does. */
function sentence(numbers, step) {
  if (step === 0) {
    const text = "What is given: the inputs, the target, the weights and the biases.";
    return [element("strong", {}, "Start."), " ", element("span", {}, text)];
  }
  const [name] = STEPS[step - 1];
  const pass = step > FORWARD_STEPS ? "backward" : "forward";
  return [
    element("strong", {}, `Step ${step}, ${pass}.`),
    " ",
    element("span", { class: "passes-formula" }, spelledOut(STEPS[step - 1], numbers)),
    " ",
    element("span", {}, remark(name, numbers)),
  ];
}

customElements.define("backpropagation-lab", BackpropagationLab);
