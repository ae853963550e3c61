/** <neuron-lab>: one neuron whose inputs, weights, bias and activation the reader sets. */

import { Lab, asSum, button, element, format, select, setAttributes, short, slider, svg } from "./lab.js";
import { activations } from "./network.js";
import { FUNCTIONS, FUNCTION_OPTIONS, readout } from "./readout.js";

const INPUTS = [
  { label: "x₁ distance", value: 5.2, max: 10, step: 0.1 },
  { label: "x₂ traffic", value: 8, max: 10, step: 1 },
  { label: "x₃ prep", value: 22, max: 40, step: 1 },
];
const WEIGHTS = [
  { label: "w₁ distance", value: 7.2 },
  { label: "w₂ traffic", value: 1.6 },
  { label: "w₃ prep", value: 0.8 },
];
const BIAS = { label: "bias b", value: 8, min: -100, max: 100, step: 0.5 };
const ACTIVATION = "relu";

const ROWS = [33, 110, 187];
const PRODUCTS = [
  [163, 34],
  [143, 97],
  [163, 197],
];
const INPUT = { x: 68, radius: 24 };
const SUM = { x: 240, y: 110, radius: 42 };
const BOX = { left: 306, right: 394, height: 30 };
const RESULT = { left: 415, x: 456 };
const LEGEND = "Solid adds, dashed takes away, dotted is 0. A wider line is a larger number.";

/** Return a line with a head: { drawing, show }; `show` gives it a number's look. */
function flow([x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [along, across] = [(x2 - x1) / length, (y2 - y1) / length];
  const line = svg("line", { x1, y1 });
  const head = svg("polygon");
  const drawing = svg("g", { class: "lab-flow" }, line, head);
  return {
    drawing,
    show(number) {
      const size = Number(number.toFixed(9));
      const width = 1 + 0.45 * Math.sqrt(Math.abs(size));
      const half = Math.min(2 + 0.8 * width, length / 3);
      const [x, y] = [x2 - 2 * half * along, y2 - 2 * half * across];
      const base = [-half, half].map((by) => [x - by * across, y + by * along]);
      setAttributes(drawing, { "data-sign": Math.sign(size), "stroke-width": width });
      setAttributes(line, { x2: x, y2: y });
      setAttributes(head, { points: [...base, [x2, y2]].join(" ") });
    },
  };
}

function words(x, y, text, anchor = "middle") {
  return svg("text", { x, y, "text-anchor": anchor }, text);
}

/** Return the point on the rim of the sum's circle that looks towards (x, y). */
function rim(x, y) {
  const length = Math.hypot(x - SUM.x, y - SUM.y);
  const scale = (SUM.radius + 2) / length;
  return [SUM.x + (x - SUM.x) * scale, SUM.y + (y - SUM.y) * scale];
}

class NeuronLab extends Lab {
  build(panel) {
    const onInput = () => this.update();
    const control = (options) =>
      slider({ min: -10, max: 10, step: 0.1, show: (value) => short(value), onInput, ...options });
    this.inputs = INPUTS.map((input) => control({ min: 0, ...input }));
    this.weights = WEIGHTS.map(control);
    this.bias = control(BIAS);
    this.activation = select({
      label: "activation",
      options: FUNCTION_OPTIONS,
      value: ACTIVATION,
      onChange: onInput,
    });
    this.readout = readout(this.signal);
    const group = (name, controls) => {
      const rows = controls.map(({ row }) => row);
      return element("fieldset", {}, element("legend", {}, name), ...rows);
    };
    const reset = button("Back to the worked example", () => this.reset());
    panel.append(
      element("figure", {}, this.draw(), element("figcaption", {}, LEGEND)),
      this.readout.row,
      element(
        "div",
        { class: "lab-columns" },
        group("Inputs", this.inputs),
        group("Weights and bias", [...this.weights, this.bias]),
        this.activation.row,
        element("div", { class: "lab-buttons" }, reset),
      ),
    );
    this.update();
  }

  get sliders() {
    return [...this.inputs, ...this.weights, this.bias];
  }

  draw() {
    const middle = ROWS[1];
    this.values = ROWS.map((y) => words(INPUT.x, y + 5, ""));
    this.products = PRODUCTS.map(([x, y]) => words(x, y, ""));
    this.flows = ROWS.map((y) => flow([INPUT.x + INPUT.radius + 3, y], rim(130, y)));
    this.biasFlow = flow([SUM.x, 28], rim(SUM.x, 0));
    this.biasText = words(SUM.x + 36, 16, "");
    this.sum = words(SUM.x, middle + 16, "");
    this.sumFlow = flow([SUM.x + SUM.radius + 2, middle], [BOX.left - 1, middle]);
    this.name = words((BOX.left + BOX.right) / 2, middle + 5, "");
    this.resultFlow = flow([BOX.right + 1, middle], [RESULT.left, middle]);
    this.result = words(RESULT.x, middle + 14, "");
    const circles = ROWS.map((cy) =>
      svg("circle", { class: "lab-input", cx: INPUT.x, cy, r: INPUT.radius }),
    );
    const names = INPUTS.map(({ label }, row) => words(INPUT.x, ROWS[row] + 40, label));
    const box = {
      class: "lab-box",
      x: BOX.left,
      y: middle - BOX.height / 2,
      width: BOX.right - BOX.left,
      height: BOX.height,
      rx: 5,
    };
    this.drawing = svg(
      "svg",
      { class: "lab-neuron", viewBox: "22 0 476 236", role: "img" },
      ...[...this.flows, this.biasFlow, this.sumFlow, this.resultFlow].map((f) => f.drawing),
      ...circles,
      svg("circle", { class: "lab-sum", cx: SUM.x, cy: SUM.y, r: SUM.radius }),
      svg("rect", box),
      words(SUM.x, middle - 4, "Σ"),
      words(RESULT.x, middle - 4, "a ="),
      ...names,
      ...this.values,
      ...this.products,
      this.biasText,
      this.sum,
      this.name,
      this.result,
    );
    return this.drawing;
  }

  reset() {
    const worked = [...INPUTS, ...WEIGHTS, BIAS];
    this.sliders.forEach((control, index) => {
      control.value = worked[index].value;
    });
    this.activation.value = ACTIVATION;
    this.update();
  }

  update() {
    const x = this.inputs.map(({ value }) => value);
    const w = this.weights.map(({ value }) => value);
    const b = this.bias.value;
    const products = w.map((weight, index) => weight * x[index]);
    const z = products.reduce((sum, product) => sum + product, 0) + b;
    const a = activations[this.activation.value].f(z);
    this.show({ x, w, b, products, z, a });
  }

  show({ x, w, b, products, z, a }) {
    const { name, digits } = FUNCTIONS[this.activation.value];
    const result = format(a, digits);
    products.forEach((product, row) => {
      this.values[row].textContent = short(x[row]);
      this.products[row].textContent = `× ${short(w[row])} = ${format(product)}`;
      this.flows[row].show(product);
    });
    this.biasText.textContent = `bias b = ${short(b)}`;
    this.biasFlow.show(b);
    this.sum.textContent = `z = ${format(z)}`;
    this.sumFlow.show(z);
    this.name.textContent = name;
    this.resultFlow.show(a);
    this.result.textContent = result;
    const sum = `z = ${asSum([...products, b])} = ${format(z)}`;
    const output = `a = ${name}(z) = ${result}`;
    this.drawing.setAttribute("aria-label", `A neuron. ${sum}, ${output}`);
    this.readout.say(sum, output);
  }
}

customElements.define("neuron-lab", NeuronLab);
