/** Line charts of a run: steps to the right, a few lines of measured values. */

import { element, short, svg } from "./lab.js";

const [WIDTH, HEIGHT] = [360, 216];
const AREA = { left: 54, right: 350, top: 8, bottom: 180 };

/** Return numbers 1, 2 or 5 times a power of ten apart, `count` or fewer from 0 to max. */
export function linearTicks(max, count = 5) {
  const rough = 10 ** Math.floor(Math.log10(max / count));
  const step = [1, 2, 5, 10].map((m) => m * rough).find((s) => max / s <= count);
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_none, i) => i * step);
}

/** Return round numbers from min to max for a logarithmic axis. */
export function logTicks(min, max) {
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const digits = max / min <= 150 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / 5));
  const ticks = [];
  for (let exponent = low; exponent <= high; exponent++) {
    if ((exponent - low) % every) continue;
    for (const digit of digits) ticks.push(Number(`${digit}e${exponent}`));
  }
  return ticks.filter((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9));
}

/**
 * A chart with a title and a legend; `figure` is its element.
 *
 * `logarithmic` charts show values at or below `floor` on the lower edge; others show
 * shares, from 0 to 1.
 */
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
    this.describe("no step yet");
  }

  legend() {
    return this.names.map((name, line) => {
      const sample = svg("path", { class: `chart-line-${line + 1}`, d: "M0 5H28" });
      const picture = svg("svg", { viewBox: "0 0 28 10", width: 28, height: 10, "aria-hidden": "true" }, sample);
      return element("span", { class: "chart-key" }, picture, name);
    });
  }

  /** Say in words what the chart shows. */
  describe(text) {
    this.drawing.setAttribute("aria-label", `${this.title}: ${text}`);
  }

  /** Draw `points`, a list of [step, value, value …]; a failed run's last one gets a ×. */
  draw(points, failed) {
    const [min, max] = this.range(points);
    const lastStep = Math.max(10, points.at(-1)?.[0] ?? 0);
    const x = (step) => AREA.left + ((AREA.right - AREA.left) * step) / lastStep;
    const scale = this.logarithmic ? Math.log10 : (value) => value;
    const share = (value) => (scale(value) - scale(min)) / (scale(max) - scale(min));
    const y = (value) =>
      AREA.bottom - (AREA.bottom - AREA.top) * Math.max(0, share(Math.max(value, min)));
    this.drawAxes(linearTicks(lastStep), x, this.ticks(min, max), y);
    this.lines.forEach((path, line) => {
      const shown = points.filter((point) => Number.isFinite(point[line + 1]));
      const d = shown.map((p) => `${x(p[0]).toFixed(1)} ${y(p[line + 1]).toFixed(1)}`);
      path.setAttribute("d", d.length ? `M${d.join("L")}` : "");
    });
    const last = points.findLast((point) => Number.isFinite(point[1]));
    const cross = failed && last ? `M${x(last[0])} ${y(last[1])}m-6-6l12 12m0-12l-12 12` : "";
    this.end.setAttribute("d", cross);
  }

  range(points) {
    if (!this.logarithmic) return [0, 1];
    let [min, max] = [Infinity, 0];
    for (const [, ...values] of points) {
      for (const value of values) {
        if (!Number.isFinite(value)) continue;
        min = Math.min(min, Math.max(value, this.floor));
        max = Math.max(max, value);
      }
    }
    if (!(max > 0)) return [this.floor || 0.1, 1];
    return [Math.max(min / 1.2, this.floor), Math.max(max, this.floor * 10) * 1.2];
  }

  ticks(min, max) {
    return this.logarithmic ? logTicks(min, max) : [0, 0.5, 1];
  }

  drawAxes(steps, x, values, y) {
    const text = (value) =>
      this.logarithmic ? short(value) : `${Math.round(100 * value)} %`;
    const below = values.map((value) => [
      svg("path", { class: "chart-grid", d: `M${AREA.left} ${y(value)}H${AREA.right}` }),
      svg("text", { x: AREA.left - 5, y: y(value) + 4, class: "chart-value" }, text(value)),
    ]);
    const across = steps.map((step) =>
      svg("text", { x: x(step), y: AREA.bottom + 16 }, short(step)),
    );
    const edge = { class: "chart-edge", d: `M${AREA.left} ${AREA.top}V${AREA.bottom}H${AREA.right}` };
    const label = { x: (AREA.left + AREA.right) / 2, y: HEIGHT - 4 };
    const parts = [...below.flat(), svg("path", edge), ...across, svg("text", label, "step")];
    this.axes.replaceChildren(...parts);
  }
}
