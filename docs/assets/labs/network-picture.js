/**
 * The picture of a dense network: activations, weights, and the gradient on its way back.
 *
 * A part of it is a unit, { layer, unit }, or a line, { layer, from, to }, of the weight
 * W[layer][from, to]. Lines of like width are one path, to draw a frame fast.
 */

import { element, legendKey, short, svg } from "./lab.js";

const LEVELS = 12; // widths of a line, of either sign
const DECADES = 4; // of the gradient's size, below which it is not drawn
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const squash = (size) => (size === Infinity ? 1 : size / (1 + size));

/** Return −LEVELS to LEVELS, a weight's width and sign; 0 is hardly any. */
function levelOf(weight) {
  if (Number.isNaN(weight) || Math.abs(weight) < 0.005) return 0;
  return Math.sign(weight) * Math.ceil(LEVELS * squash(Math.abs(weight)));
}

/** Return a gradient's size on a logarithmic scale, where `largest` is 1. */
function sizeOf(gradient, largest) {
  const size = 1 + Math.log10(gradient / largest) / DECADES;
  return size > 0 ? Math.min(size, 1.25) : 0;
}

const nameOf = ({ layer, unit, from, to }) => `${layer} ${unit} ${from} ${to}`;

/** Return a caption that says what the picture's signs mean, and then `words`. */
export function legend(words) {
  const half = (side) => `M14 0a5 5 0 0 ${side} 0 10z`;
  const signs = [
    ["weight above 0", ["positive", "M0 5H28"]],
    ["below 0", ["negative", "M0 5H28"]],
    ["activation below and above 0", ["less", half(0)], ["more", half(1)]],
    ["dead", ["dead", "M9 0l10 10m0-10l-10 10"]],
    ["gradient", ["back", "M9 5l9-5v10z"]],
  ];
  const keys = signs.map(([name, ...paths]) =>
    legendKey(name, ...paths.map(([kind, d]) => svg("path", { class: `net-${kind}`, d }))),
  );
  return element("figcaption", { class: "net-legend" }, ...keys, words);
}

/** A drawing of layers of `sizes` units, its ends named, or without any `texts`. */
export class NetworkPicture {
  constructor({ sizes, inputs = [], outputs = [], width = 360, height = 390, texts = true }) {
    Object.assign(this, { sizes, width, height });
    const space = texts ? { left: 70, right: 32, top: 30, bottom: 30 } : { left: 14, right: 24, top: 8, bottom: 8 };
    const gap = (height - space.top - space.bottom) / Math.max(...sizes);
    this.radius = Math.min(11, 0.4 * gap);
    this.places = sizes.map((size, layer) => {
      const x = space.left + ((width - space.left - space.right) * layer) / (sizes.length - 1);
      const spread = Math.min(gap * (1 + 0.4 * (Math.max(...sizes) / size - 1)), 2.6 * gap);
      const middle = (space.top + height - space.bottom) / 2;
      return Array.from({ length: size }, (_nothing, unit) => [x, middle + spread * (unit - (size - 1) / 2)]);
    });
    this.segments = sizes.slice(1).map((n_out, layer) =>
      Array.from({ length: sizes[layer] * n_out }, (_nothing, index) => {
        const [from, to] = [Math.floor(index / n_out), index % n_out];
        return `M${this.places[layer][from].join(" ")}L${this.places[layer + 1][to].join(" ")}`;
      }),
    );
    const path = (name, attributes) => svg("path", { class: `net-${name}`, ...attributes });
    this.lines = Array.from({ length: 2 * LEVELS + 1 }, (_nothing, index) => {
      const size = Math.abs(index - LEVELS) / LEVELS;
      const look = size && { "stroke-width": 0.4 + 4.6 * size, "stroke-opacity": 0.25 + 0.7 * size };
      return path(["zero", "positive", "negative"].at(Math.sign(index - LEVELS)), look);
    });
    const names = ["way", "marked", "unit", "more", "less", "dead", "back", "ring"];
    for (const name of names) this[name] = path(name);
    this.unit.setAttribute("d", this.each((place) => this.circle(place)));
    const box = { viewBox: `0 0 ${width} ${height}`, class: "net" };
    this.drawing = svg("svg", box, ...this.lines, ...names.map((name) => this[name]));
    if (texts) this.write(inputs, outputs);
  }

  each(shape) {
    return this.places.flatMap((places, layer) => places.map((place, unit) => shape(place, layer, unit))).join("");
  }

  write(inputs, outputs) {
    const last = this.sizes.length - 1;
    const text = (x, y, words, name) => svg("text", { x, y, class: `net-text ${name}` }, words);
    const heads = this.places.map(([[x]], layer) =>
      text(x, 14, layer === 0 ? "inputs" : layer === last ? "output" : `layer ${layer}`, "net-head"),
    );
    const before = inputs.map((name, unit) => {
      const [x, y] = this.places[0][unit];
      return text(x - this.radius - 5, y + 4, name, "net-before");
    });
    const below = outputs.map((name, unit) => {
      const [x, y] = this.places[last][unit];
      return text(x, y + this.radius + 15, name, "");
    });
    this.lengths = this.places.slice(1).map(([[x]]) => text(x, this.height - 4, "", "net-size"));
    const label = text(0, this.height - 4, "← gradient", "net-size net-label");
    this.drawing.append(...heads, ...before, ...below, label, ...this.lengths);
  }

  circle([x, y], radius = this.radius) {
    return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;
  }

  half([x, y], size, side) {
    const radius = this.radius * Math.sqrt(squash(2 * size));
    if (!(radius > 0.4)) return "";
    return `M${x} ${y - radius}a${radius} ${radius} 0 0 ${side} 0 ${2 * radius}z`;
  }

  cross([x, y]) {
    const arm = 0.95 * this.radius;
    return `M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`;
  }

  head([x, y], size) {
    if (!size) return "";
    const length = 3 + 0.9 * this.radius * size;
    return `M${x + this.radius + 1} ${y}l${length} ${-0.55 * length}v${1.1 * length}z`;
  }

  /**
   * Draw matrices `W`; `positive`, `negative` and `back`, as `unitSummary` of network-parts.js
   * gives them; and which units of the hidden layers are `dead`.
   */
  draw({ W, positive, negative, back = [], dead = [] }) {
    const lines = Array(2 * LEVELS + 1).fill("");
    W.forEach(({ data }, layer) =>
      data.forEach((weight, index) => {
        lines[levelOf(weight) + LEVELS] += this.segments[layer][index];
      }),
    );
    lines.forEach((d, index) => this.lines[index].setAttribute("d", d));
    const largest = Math.max(...(back.at(-1) ?? []));
    const shapes = {
      more: (place, layer, unit) => this.half(place, positive[layer][unit], 1),
      less: (place, layer, unit) => this.half(place, negative[layer][unit], 0),
      dead: (place, layer, unit) => (dead[layer - 1]?.[unit] ? this.cross(place) : ""),
      back: (place, layer, unit) => this.head(place, sizeOf(back[layer - 1]?.[unit], largest)),
    };
    for (const [name, shape] of Object.entries(shapes)) this[name].setAttribute("d", this.each(shape));
    this.lengths?.forEach((text, layer) => {
      text.textContent = back[layer] ? short(Math.hypot(...back[layer]), 2) : "";
    });
  }

  /** Mark a part, and the lines on which the gradient comes to it. */
  mark({ layer, unit, from, to }) {
    const isLine = from !== undefined;
    const [above, target] = isLine ? [layer + 1, to] : [layer, unit];
    const n_out = this.sizes[above + 1] ?? 0;
    const way = (this.segments[above] ?? []).slice(target * n_out, (target + 1) * n_out);
    this.way.setAttribute("d", way.join(""));
    this.marked.setAttribute("d", isLine ? this.segments[layer][from * this.sizes[above] + to] : "");
    this.ring.setAttribute("d", this.circle(this.places[above][target], this.radius + 2));
  }

  /** Return the part nearest to a pointer, within `reach` pixels; a unit goes before its lines. */
  at({ clientX, clientY }, reach) {
    const box = this.drawing.getBoundingClientRect();
    const scale = this.width / box.width;
    const [x, y] = [(clientX - box.left) * scale, (clientY - box.top) * scale];
    let [part, least] = [undefined, reach * scale];
    const offer = (distance, offered) => {
      if (distance < least) [part, least] = [offered, distance];
    };
    this.places.forEach((places, layer) =>
      places.forEach((place, unit) => {
        offer(Math.hypot(x - place[0], y - place[1]) - this.radius - 2, { layer, unit });
        if (x < place[0]) return;
        this.places[layer + 1]?.forEach((end, to) => {
          const slope = (end[1] - place[1]) / (end[0] - place[0]);
          const height = y - place[1] - slope * (x - place[0]);
          if (x <= end[0]) offer(Math.abs(height) / Math.hypot(1, slope), { layer, from: unit, to });
        });
      }),
    );
    return part;
  }

  /**
   * Return the part to which an arrow key leads: left and right along a line, from unit
   * to line to unit; up and down to the next unit of a layer, or the next line of a unit.
   */
  next({ layer, unit, from, to }, [along, across]) {
    const moved = (index) => Math.max(0, Math.min(this.sizes[layer] - 1, index + across));
    if (from === undefined) {
      if (along < 0 && layer > 0) return { layer: layer - 1, from: 0, to: unit };
      if (along > 0 && layer < this.sizes.length - 1) return { layer, from: unit, to: 0 };
      return { layer, unit: moved(unit) };
    }
    if (along) return along < 0 ? { layer, unit: from } : { layer: layer + 1, unit: to };
    return { layer, from: moved(from), to };
  }

  /**
   * Let the reader choose parts by pointer, touch and arrow keys, from `start` on; return
   * an element around the drawing. `onLook` is called with a part and whether it stays.
   */
  explore({ label, start, onLook }) {
    let [chosen, shown] = [start, start];
    const look = (part, stays) => {
      if (stays) chosen = part;
      else if (nameOf(part) === nameOf(shown)) return;
      shown = part;
      this.mark(part);
      onLook(part, stays);
    };
    this.mark(start);
    this.drawing.setAttribute("aria-hidden", "true");
    const attributes = { class: "net-place", tabindex: 0, role: "application", "aria-label": label };
    const place = element("div", attributes, this.drawing);
    place.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") look(this.at(event, 6) ?? chosen, false);
    });
    place.addEventListener("pointerleave", () => look(chosen, false));
    place.addEventListener("click", (event) => look(this.at(event, 14) ?? chosen, true));
    place.addEventListener("keydown", (event) => {
      const move = KEYS[event.key];
      if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      look(this.next(chosen, move), true);
    });
    return place;
  }
}
