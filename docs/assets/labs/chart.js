/** Charts: the lines of a run, steps to the right. */

import { element, legendKey, short, svg } from "./lab.js";

const AREA = { left: 46, right: 196, top: 9, bottom: 106, width: 210, height: 140 };

/** Return round numbers from min to max, at most count + 1. */
export function linearTicks(min, max, count) {
  const power = 10 ** Math.floor(Math.log10((max - min) / count));
  const step = power * [1, 2, 5, 10].find((digit) => count * digit * power >= max - min);
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, tick) => (first + tick) * step);
}

/** Return round numbers from min to max for a logarithmic axis. */
function logTicks(min, max) {
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const digits = max / min <= 150 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = low; power <= high; power += Math.ceil((high - low) / 4)) {
    ticks.push(...digits.map((digit) => Number(`${digit}e${power}`)));
  }
  return ticks.filter((tick) => tick >= min && tick <= max);
}

/**
 * Draw the axes of a plot whose area has these edges: ticks are [place, text], `label`
 * says what the lower axis, at the foot of a drawing of this `height`, stands for.
 */
export function drawAxes(axes, { left, right, top, bottom, height }, across, up, label) {
  const lines = up.flatMap(([y, text]) => [
    svg("path", { class: "chart-grid", d: `M${left} ${y}H${right}` }),
    svg("text", { x: left - 5, y: y + 4, class: "chart-value" }, text),
  ]);
  const edge = svg("path", { class: "chart-edge", d: `M${left} ${top}V${bottom}H${right}` });
  const numbers = across.map(([x, text]) => svg("text", { x, y: bottom + 14 }, text));
  const name = svg("text", { x: (left + right) / 2, y: height - 4 }, label);
  axes.replaceChildren(...lines, edge, ...numbers, name);
}

/** A `figure` of shares, or logarithmic: then values below `floor` lie on the edge. */
export class Chart {
  constructor({ title, lines, logarithmic = false, floor = 0 }) {
    Object.assign(this, { title, names: lines, logarithmic, floor });
    this.axes = svg("g", { class: "chart-axes" });
    this.lines = lines.map((_name, line) => svg("path", { class: `chart-line-${line + 1}` }));
    this.end = svg("path", { class: "chart-end" });
    const box = { viewBox: `0 0 ${AREA.width} ${AREA.height}`, role: "img", class: "chart" };
    this.drawing = svg("svg", box, this.axes, ...this.lines, this.end);
    const caption = element("figcaption", {}, element("strong", {}, title), ...this.legend());
    this.figure = element("figure", { class: "chart-figure" }, caption, this.drawing);
    this.describe([0]);
  }

  legend() {
    return this.names.map((name, line) =>
      legendKey(name, svg("path", { class: `chart-line-${line + 1}`, d: "M0 5H28" })),
    );
  }

  /** Say in words where the lines stand. */
  describe([step, ...values]) {
    const texts = values.map((value, line) => `${this.names[line]} ${this.text(value)}`);
    const label = `${this.title}, step ${step}: ${texts.join(", ")}`;
    this.drawing.setAttribute("aria-label", label);
  }

  text(value) {
    return this.logarithmic ? short(value) : `${Math.round(100 * value)} %`;
  }

  /** Draw `points`, a list of [step, value, value …]; a failed run's last one gets a ×. */
  draw(points, failed) {
    this.describe(points.at(-1));
    const [min, max] = this.range(points);
    const lastStep = Math.max(10, points.at(-1)[0]);
    const x = (step) => AREA.left + ((AREA.right - AREA.left) * step) / lastStep;
    const scale = this.logarithmic ? Math.log10 : (value) => value;
    const share = (value) => (scale(value) - scale(min)) / (scale(max) - scale(min));
    const y = (value) =>
      AREA.bottom - (AREA.bottom - AREA.top) * Math.max(0, share(Math.max(value, min)));
    const across = linearTicks(0, lastStep, 3).map((step) => [x(step), short(step)]);
    const values = this.logarithmic ? logTicks(min, max) : [0, 0.5, 1];
    drawAxes(this.axes, AREA, across, values.map((value) => [y(value), this.text(value)]), "step");
    this.lines.forEach((path, line) => {
      const shown = points.filter((point) => Number.isFinite(point[line + 1]));
      const d = shown.map((p) => `${x(p[0]).toFixed(1)} ${y(p[line + 1]).toFixed(1)}`);
      path.setAttribute("d", d.length ? `M${d.join("L")}` : "");
    });
    const last = failed && points.findLast((point) => Number.isFinite(point[1]));
    const cross = last ? `M${x(last[0])} ${y(last[1])}m-6-6l12 12m0-12l-12 12` : "";
    this.end.setAttribute("d", cross);
  }

  range(points) {
    if (!this.logarithmic) return [0, 1];
    const values = points.flatMap((point) => point.slice(1)).filter(Number.isFinite);
    const max = Math.max(10 * (this.floor || 0.01), ...values);
    const min = Math.min(max / 10, ...values.map((value) => Math.max(value, this.floor)));
    return [min, 1.2 * max];
  }
}
