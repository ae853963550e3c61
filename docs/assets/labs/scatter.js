/** Data as dots, and a line through them. */

import { drawAxes, linearTicks } from "./chart.js";
import { element, setAttributes, short, svg } from "./lab.js";

const SCATTER = { left: 26, right: 164, top: 5, bottom: 98, width: 170, height: 128 };

/** Return where a value of a range lies between two edges; what is outside lies at one. */
function place(value, [low, high], [start, end]) {
  const share = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return Math.round(10 * (start + (end - start) * share)) / 10;
}

/** A `figure` of data as dots, and a line through them. */
export class Scatter {
  constructor({ caption }) {
    this.axes = svg("g", { class: "chart-axes" });
    this.dots = svg("path", { class: "scatter-dots" });
    this.line = svg("path", { class: "scatter-line" });
    const box = { viewBox: `0 0 ${SCATTER.width} ${SCATTER.height}`, class: "chart scatter" };
    this.drawing = svg("svg", box, this.axes, this.dots, this.line);
    this.words = element("span");
    this.figure = element("figure", { class: "chart-figure" }, element("figcaption", {}, ...caption, " ", this.words), this.drawing);
  }

  /** Set the ranges of both axes, [low, high], and what the lower one is called. */
  setAxes(x, y, label) {
    Object.assign(this, { x, y });
    const across = linearTicks(...x, 5).map((value) => [this.across(value), short(value)]);
    const up = linearTicks(...y, 5).map((value) => [this.up(value), short(value)]);
    drawAxes(this.axes, SCATTER, across, up, label);
  }

  across(value) {
    return place(value, this.x, [SCATTER.left, SCATTER.right]);
  }

  up(value) {
    return place(value, this.y, [SCATTER.bottom, SCATTER.top]);
  }

  points(xs, ys) {
    const pairs = Array.from(xs, (x, index) => [x, ys[index]]);
    return pairs.filter(([, y]) => !Number.isNaN(y)).map(([x, y]) => `${this.across(x)} ${this.up(y)}`);
  }

  drawDots(xs, ys) {
    this.dots.setAttribute("d", this.points(xs, ys).map((point) => `M${point}h0`).join(""));
  }

  drawLine(xs, ys) {
    const points = this.points(xs, ys);
    this.line.setAttribute("d", points.length ? `M${points.join("L")}` : "");
  }

  /** Say in words what the plot shows. */
  say(words) {
    this.words.textContent = words;
    setAttributes(this.drawing, { role: "img", "aria-label": words });
  }
}
