/** Line charts of a run, steps to the right. */

import { element, short, svg } from "./lab.js";

const [WIDTH, HEIGHT] = [360, 216];
const AREA = { left: 54, right: 350, top: 8, bottom: 180 };

/** Return at most 6 round numbers from 0 to max. */
function linearTicks(max) {
  const power = 10 ** Math.floor(Math.log10(max / 5));
  const step = power * [1, 2, 5, 10].find((digit) => 5 * digit * power >= max);
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, tick) => tick * step);
}

/** Return round numbers from min to max for a logarithmic axis. */
function logTicks(min, max) {
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const digits = max / min <= 150 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = low; power <= high; power += Math.ceil((high - low) / 5)) {
    ticks.push(...digits.map((digit) => Number(`${digit}e${power}`)));
  }
  return ticks.filter((tick) => tick >= min && tick <= max);
}

/** A `figure` of shares, or logarithmic: then values below `floor` lie on the edge. */
export class Chart {
  constructor({ title, lines, logarithmic = false, floor = 0 }) {
    Object.assign(this, { title, names: lines, logarithmic, floor });
    this.axes = svg("g", { class: "chart-axes" });
    this.lines = lines.map((_name, line) => svg("path", { class: `chart-line-${line + 1}` }));
    this.end = svg("path", { class: "chart-end" });
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "chart" };
    this.drawing = svg("svg", box, this.axes, ...this.lines, this.end);
    const caption = element("figcaption", {}, element("strong", {}, title), ...this.legend());
    this.figure = element("figure", { class: "chart-figure" }, caption, this.drawing);
    this.describe([0]);
  }

  legend() {
    return this.names.map((name, line) => {
      const sample = svg("path", { class: `chart-line-${line + 1}`, d: "M0 5H28" });
      const picture = svg("svg", { viewBox: "0 0 28 10", width: 28, height: 10, "aria-hidden": "true" }, sample);
      return element("span", { class: "chart-key" }, picture, name);
    });
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
    this.drawAxes(linearTicks(lastStep), x, this.logarithmic ? logTicks(min, max) : [0, 0.5, 1], y);
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

  drawAxes(steps, x, values, y) {
    const { left, right, top, bottom } = AREA;
    const lines = values.flatMap((value) => [
      svg("path", { class: "chart-grid", d: `M${left} ${y(value)}H${right}` }),
      svg("text", { x: left - 5, y: y(value) + 4, class: "chart-value" }, this.text(value)),
    ]);
    const numbers = steps.map((step) => svg("text", { x: x(step), y: bottom + 16 }, short(step)));
    const edge = svg("path", { class: "chart-edge", d: `M${left} ${top}V${bottom}H${right}` });
    const label = svg("text", { x: (left + right) / 2, y: HEIGHT - 4 }, "step");
    this.axes.replaceChildren(...lines, edge, ...numbers, label);
  }
}
