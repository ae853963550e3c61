/** <activation-lab>: an activation, its slope, its flat parts, and a point to move on it. */

import { Lab, element, format, select, setAttributes, slider, svg, uniqueId } from "./lab.js";
import { activations } from "./network.js";
import { FUNCTIONS, FUNCTION_OPTIONS, readout } from "./readout.js";

const FLAT_BELOW = 0.05;
const START = { activation: "sigmoid", z: 2 };
const LIMIT = 6;
const GRID = Array.from({ length: 601 }, (_, index) => (index - 300) / 50);
const PLOT = { left: 42, right: 364, top: 8, bottom: 217 };
const TANGENT = 75;
const AXES = {
  linear: { low: -6, high: 6, step: 2 },
  relu: { low: 0, high: 6, step: 2, kink: true },
  leaky_relu: { low: 0, high: 6, step: 2, kink: true },
  sigmoid: { low: 0, high: 1, step: 0.2, saturates: true },
  tanh: { low: -1, high: 1, step: 0.5, saturates: true },
};
const LEGEND =
  "Solid: the activation f(z). Dashed: its slope f′(z). Thin: the tangent at the point. " +
  `Striped: the slope is below ${FLAT_BELOW}. Chequered: it is exactly 0.`;

function across(z) {
  return PLOT.left + ((z + LIMIT) / (2 * LIMIT)) * (PLOT.right - PLOT.left);
}

function isFlat(slope) {
  return slope !== 0 && Math.abs(slope) < FLAT_BELOW;
}

function isZero(slope) {
  return slope === 0;
}

/** Return the [first, last] z of each run of the grid on which `holds(slope)`. */
function intervals(derivative, holds) {
  const found = [];
  let inside = false;
  for (const z of GRID) {
    const now = holds(derivative(z));
    if (now && inside) found.at(-1)[1] = z;
    else if (now) found.push([z, z]);
    inside = now;
  }
  return found;
}

/** Return the path of a function over the grid, broken where it jumps. */
function path(f, height) {
  let before = f(GRID[0]);
  const steps = GRID.map((z, index) => {
    const value = f(z);
    const command = index === 0 || Math.abs(value - before) > 0.5 ? "M" : "L";
    before = value;
    return `${command}${across(z).toFixed(2)} ${height(value).toFixed(2)}`;
  });
  return steps.join("");
}

class ActivationLab extends Lab {
  build(panel) {
    this.choice = select({
      label: "activation f",
      options: FUNCTION_OPTIONS,
      value: START.activation,
      onChange: () => this.choose(),
    });
    this.point = slider({
      label: "pre-activation z",
      min: -LIMIT,
      max: LIMIT,
      step: 0.1,
      value: START.z,
      show: (value) => format(value, 1),
      onInput: () => this.update(),
    });
    this.readout = readout(this.signal);
    panel.append(
      this.choice.row,
      element("figure", {}, this.draw(), element("figcaption", {}, LEGEND)),
      this.point.row,
      this.readout.row,
    );
    this.choose();
  }

  draw() {
    const [striped, chequered, clip] = ["striped", "chequered", "clip"].map(uniqueId);
    const { left, right, top, bottom } = PLOT;
    const tile = (id, name, d) =>
      svg(
        "pattern",
        { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
        svg("path", { class: name, d }),
      );
    const area = { x: left, y: top, width: right - left, height: bottom - top };
    this.fills = { flat: `url(#${striped})`, zero: `url(#${chequered})` };
    this.bands = svg("g");
    this.axes = svg("g", { class: "lab-axes" });
    this.slope = svg("path", { class: "lab-slope" });
    this.curve = svg("path", { class: "lab-curve" });
    this.stem = svg("line", { class: "lab-stem" });
    this.tangent = svg("line", { class: "lab-tangent" });
    this.slopeMark = svg("rect", { class: "lab-slope-mark", width: 10, height: 10 });
    this.mark = svg("circle", { class: "lab-mark", r: 8 });
    const title = svg(
      "text",
      { x: (left + right) / 2, y: 248, "text-anchor": "middle" },
      "pre-activation z",
    );
    this.plot = svg(
      "svg",
      { class: "lab-plot", viewBox: "0 0 374 254", role: "img" },
      svg(
        "defs",
        {},
        tile(striped, "lab-tile", "M-2 2L2 -2M0 8L8 0M6 10L10 6"),
        tile(chequered, "lab-zero-tile", "M0 0H4V4H0ZM4 4H8V8H4Z"),
        svg("clipPath", { id: clip }, svg("rect", area)),
      ),
      this.bands,
      this.axes,
      title,
      svg(
        "g",
        { "clip-path": `url(#${clip})` },
        this.slope,
        this.curve,
        this.stem,
        this.tangent,
      ),
      this.slopeMark,
      this.mark,
    );
    this.listen();
    return this.plot;
  }

  /** Let a pointer drag the point; a touch that moves up or down still scrolls. */
  listen() {
    const follow = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(
        this.plot.getScreenCTM().inverse(),
      );
      const share = (place.x - PLOT.left) / (PLOT.right - PLOT.left);
      this.point.value = (2 * share - 1) * LIMIT;
      this.update();
    };
    this.plot.addEventListener("pointerdown", (event) => {
      this.plot.setPointerCapture(event.pointerId);
    });
    for (const moment of ["pointermove", "pointerup"]) {
      this.plot.addEventListener(moment, (event) => {
        if (this.plot.hasPointerCapture(event.pointerId)) follow(event);
      });
    }
    this.plot.addEventListener("pointerup", () => {
      this.point.input.focus({ preventScroll: true });
    });
  }

  get height() {
    const { low, high } = AXES[this.choice.value];
    const margin = 0.06 * (high - low);
    const scale = (PLOT.bottom - PLOT.top) / (high - low + 2 * margin);
    return (value) => PLOT.bottom - (value - low + margin) * scale;
  }

  /** Draw the chosen function: what does not move with the point. */
  choose() {
    const { f, derivative } = activations[this.choice.value];
    const { height } = this;
    this.curve.setAttribute("d", path(f, height));
    this.slope.setAttribute("d", path(derivative, height));
    this.drawAxes(height);
    this.bands.replaceChildren(
      ...intervals(derivative, isFlat).flatMap((band) => this.band(band, "flat")),
      ...intervals(derivative, isZero).flatMap((band) => this.band(band, "zero")),
    );
    this.update();
  }

  drawAxes(height) {
    const { low, high, step } = AXES[this.choice.value];
    const digits = step < 1 ? 1 : 0;
    const { left, right, top, bottom } = PLOT;
    const parts = [];
    for (let value = low; value <= high + step / 2; value += step) {
      const y = height(value);
      const text = { x: left - 6, y: y + 4, "text-anchor": "end" };
      parts.push(svg("line", { x1: left, x2: right, y1: y, y2: y }));
      parts.push(svg("text", text, format(value, digits)));
    }
    for (let z = -LIMIT; z <= LIMIT; z += 2) {
      const text = { x: across(z), y: bottom + 16, "text-anchor": "middle" };
      parts.push(svg("line", { x1: across(z), x2: across(z), y1: top, y2: bottom }));
      parts.push(svg("text", text, format(z, 0)));
    }
    this.axes.replaceChildren(...parts);
  }

  band([first, last], kind) {
    const { top, bottom } = PLOT;
    const [x, end] = [across(first), across(last)];
    const shape = { x, y: top, width: end - x, height: bottom - top, fill: this.fills[kind] };
    const text = { x: (x + end) / 2, y: top + 60, "text-anchor": "middle" };
    const words = kind === "zero" ? "slope 0" : `slope < ${FLAT_BELOW}`;
    return [
      svg("rect", { class: `lab-band lab-${kind}`, ...shape }),
      svg("text", text, words),
    ];
  }

  /** Move the point, its tangent and its numbers. */
  update() {
    const { f, derivative } = activations[this.choice.value];
    const z = this.point.value;
    const [a, slope] = [f(z), derivative(z)];
    const { height } = this;
    const [x, y] = [across(z), height(a)];
    const run = across(1) - across(0);
    const rise = slope * (height(1) - height(0));
    const scale = TANGENT / Math.hypot(run, rise);
    setAttributes(this.mark, { cx: x, cy: y });
    setAttributes(this.slopeMark, { x: x - 5, y: height(slope) - 5 });
    setAttributes(this.stem, { x1: x, x2: x, y1: y, y2: height(slope) });
    setAttributes(this.tangent, {
      x1: x - run * scale,
      y1: y - rise * scale,
      x2: x + run * scale,
      y2: y + rise * scale,
    });
    this.say(z, a, slope);
  }

  say(z, a, slope) {
    const { name, digits } = FUNCTIONS[this.choice.value];
    const at = format(z, 1);
    const values = `${name}(${at}) = ${format(a, digits)}, slope ${format(slope, digits)}.`;
    this.plot.setAttribute("aria-label", `The curve of ${name} and its slope. ${values}`);
    this.readout.say(values, this.verdict(z, slope));
  }

  verdict(z, slope) {
    const { kink, saturates } = AXES[this.choice.value];
    if (kink && z === 0) return "A kink: there is no one tangent. The code chooses this slope.";
    if (slope === 0) return "Zero gradient: the slope is exactly 0, nothing is learned here.";
    if (!isFlat(slope)) return `Not flat: the slope is ${FLAT_BELOW} or more.`;
    const flat = saturates ? "Saturated" : "Nearly flat";
    return `${flat}: the slope is below ${FLAT_BELOW}, little is learned here.`;
  }
}

customElements.define("activation-lab", ActivationLab);
