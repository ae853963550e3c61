/**
 * The picture of a dense network: what flows forward, and the gradient on its way back.
 *
 * A part of it is a unit, { layer, unit }, where layer 0 are the inputs, or a line,
 * { layer, from, to }, whose weight is W[layer][from, to].
 *
 * Lines of like width are one path, and so are all that is drawn of the units, so that a
 * frame changes some thirty elements, however large the network is.
 */

import { element, short, svg } from "./lab.js";

const LEVELS = 12; // widths of a line, of either sign
const DECADES = 4; // of the gradient's size, below which it is not drawn
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Return a size from 0 to 1 of any number from 0 up. */
const squash = (size) => (size === Infinity ? 1 : size / (1 + size));

/** Return −LEVELS to LEVELS, the width and sign of a weight; 0 stands for hardly any. */
function levelOf(weight) {
  if (Number.isNaN(weight) || Math.abs(weight) < 0.005) return 0;
  return Math.sign(weight) * Math.ceil(LEVELS * squash(Math.abs(weight)));
}

/** Return a size from 0 to 1 of a gradient, on a logarithmic scale below `largest`. */
function sizeOf(gradient, largest) {
  const size = 1 + Math.log10(gradient / largest) / DECADES;
  return size > 0 ? Math.min(size, 1.25) : 0;
}

/** Tell whether two parts are the same one. */
function isSame(one, other) {
  return ["layer", "unit", "from", "to"].every((key) => one?.[key] === other?.[key]);
}

/**
 * A drawing of a network with layers of `sizes` units.
 *
 * `inputs` and `outputs` name its ends; without `texts` it shows no letters at all.
 */
export class NetworkPicture {
  constructor({ sizes, inputs = [], outputs = [], width = 360, height = 390, texts = true }) {
    Object.assign(this, { sizes, width, height, texts });
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
    const path = (name) => svg("path", { class: `net-${name}` });
    this.lines = new Map();
    for (let level = -LEVELS; level <= LEVELS; level++) {
      const size = Math.abs(level) / LEVELS;
      const line = path(["zero", "positive", "negative"].at(Math.sign(level)));
      if (level) line.setAttribute("style", `stroke-width:${0.4 + 4.6 * size};stroke-opacity:${0.25 + 0.7 * size}`);
      this.lines.set(level, line);
    }
    this.marked = path("marked");
    this.way = path("way");
    this.positive = path("more");
    this.negative = path("less");
    this.dead = path("dead");
    this.back = path("back");
    this.ring = path("ring");
    const rings = svg("path", { class: "net-unit", d: this.places.flat().map((place) => this.circle(place)).join("") });
    this.drawing = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "net" },
      ...this.lines.values(),
      this.way,
      this.marked,
      rings,
      this.positive,
      this.negative,
      this.dead,
      this.back,
      this.ring,
    );
    if (texts) this.write({ inputs, outputs });
  }

  /** Write the names of layers and ends, and make room for the gradients' sizes. */
  write({ inputs, outputs }) {
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
    this.sizesBack = this.places.slice(1).map(([[x]]) => text(x, this.height - 4, "", "net-size"));
    const label = text(0, this.height - 4, "← gradient", "net-size net-label");
    this.drawing.append(...heads, ...before, ...below, label, ...this.sizesBack);
  }

  circle([x, y], radius = this.radius) {
    return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;
  }

  /** Half a disc whose area grows with `size`; `side` is 1 for the right half. */
  half([x, y], size, side) {
    const radius = this.radius * Math.sqrt(squash(2 * size));
    if (!(radius > 0.4)) return "";
    return `M${x} ${y - radius}a${radius} ${radius} 0 0 ${side} 0 ${2 * radius}z`;
  }

  cross([x, y]) {
    const arm = 0.95 * this.radius;
    return `M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`;
  }

  /** The head of an arrow that points from the unit's right to the unit. */
  head([x, y], size) {
    if (!size) return "";
    const length = 3 + 0.9 * this.radius * size;
    return `M${x + this.radius + 1} ${y}l${length} ${-0.55 * length}v${1.1 * length}z`;
  }

  /**
   * Draw what a pass through the network gave, with an entry a layer:
   * `W` are matrices; `positive` and `negative` how far a unit's activations reach
   * above and below 0, on average, from the inputs on; `back` the sizes of the gradients
   * with respect to each unit, from the first layer behind the inputs on; `dead` tells
   * which units of the hidden layers are.
   */
  draw({ W, positive, negative, back = [], dead = [] }) {
    const lines = new Map([...this.lines.keys()].map((level) => [level, ""]));
    W.forEach(({ data }, layer) => {
      const segments = this.segments[layer];
      for (let index = 0; index < data.length; index++) {
        const level = levelOf(data[index]);
        lines.set(level, lines.get(level) + segments[index]);
      }
    });
    for (const [level, d] of lines) this.lines.get(level).setAttribute("d", d);
    const each = (shape) =>
      this.places.flatMap((places, layer) => places.map((place, unit) => shape(place, layer, unit))).join("");
    this.positive.setAttribute("d", each((place, layer, unit) => this.half(place, positive[layer][unit], 1)));
    this.negative.setAttribute("d", each((place, layer, unit) => this.half(place, negative[layer][unit], 0)));
    this.dead.setAttribute("d", each((place, layer, unit) => (dead[layer - 1]?.[unit] ? this.cross(place) : "")));
    const largest = Math.max(...(back.at(-1) ?? []));
    const size = (layer, unit) => sizeOf(back[layer - 1]?.[unit], largest);
    this.back.setAttribute("d", each((place, layer, unit) => this.head(place, size(layer, unit))));
    this.sizesBack?.forEach((text, layer) => {
      text.textContent = back[layer] ? short(Math.hypot(...back[layer]), 2) : "";
    });
  }

  /** Mark a part, and the lines on which the gradient comes to it; or nothing. */
  mark(part) {
    const target = part && (part.unit ?? part.to);
    const layer = part && part.layer + (part.unit === undefined ? 1 : 0);
    const n_out = this.sizes[layer + 1];
    const way = n_out ? this.segments[layer].slice(target * n_out, (target + 1) * n_out) : [];
    const isLine = part?.unit === undefined && part;
    this.way.setAttribute("d", way.join(""));
    this.marked.setAttribute("d", isLine ? this.segments[part.layer][part.from * this.sizes[layer] + part.to] : "");
    this.ring.setAttribute("d", part ? this.circle(this.places[layer][target], this.radius + 2) : "");
  }

  /** Return the part nearest to a place in the window, within `reach` pixels. */
  at({ clientX, clientY }, reach = 14) {
    const box = this.drawing.getBoundingClientRect();
    const scale = this.width / box.width;
    const [x, y] = [(clientX - box.left) * scale, (clientY - box.top) * scale];
    let nearest = { distance: reach * scale };
    const offer = (distance, part) => {
      if (distance < nearest.distance) nearest = { distance, part };
    };
    this.places.forEach((places, layer) =>
      places.forEach((place, unit) => {
        const distance = Math.hypot(x - place[0], y - place[1]);
        offer(Math.max(0, distance - this.radius), { layer, unit });
      }),
    );
    if (nearest.distance < 2) return nearest.part;
    this.segments.forEach((segments, layer) =>
      segments.forEach((_segment, index) => {
        const [from, to] = [Math.floor(index / this.sizes[layer + 1]), index % this.sizes[layer + 1]];
        const [[x1, y1], [x2, y2]] = [this.places[layer][from], this.places[layer + 1][to]];
        if (x < x1 || x > x2) return;
        const height = y1 + ((y2 - y1) * (x - x1)) / (x2 - x1);
        const steepness = Math.hypot(1, (y2 - y1) / (x2 - x1));
        offer(Math.abs(y - height) / steepness, { layer, from, to });
      }),
    );
    return nearest.part;
  }

  /**
   * Return the part to which an arrow key leads: left and right along a line, from unit
   * to line to unit; up and down to the next unit of a layer, or the next line of a unit.
   */
  next({ layer, unit, from, to }, key) {
    const [along, across] = KEYS[key] ?? [0, 0];
    const moved = (index, size) => Math.max(0, Math.min(size - 1, index + across));
    if (unit !== undefined) {
      if (along < 0 && layer > 0) return { layer: layer - 1, from: 0, to: unit };
      if (along > 0 && layer < this.sizes.length - 1) return { layer, from: unit, to: 0 };
      return { layer, unit: moved(unit, this.sizes[layer]) };
    }
    if (along) return along < 0 ? { layer, unit: from } : { layer: layer + 1, unit: to };
    return { layer, from: moved(from, this.sizes[layer]), to };
  }

  /** Let pointer, touch and keys choose parts; `onLook` is called with each, and whether it stays. */
  explore({ label, start, onLook }) {
    let chosen = start;
    const look = (part, stays) => {
      if (stays) chosen = part;
      this.mark(part);
      onLook(part, stays);
    };
    this.mark(chosen);
    const place = element("div", { class: "net-place", tabindex: 0, role: "application", "aria-label": label }, this.drawing);
    let shown = chosen;
    const hover = (part) => {
      if (isSame(part, shown)) return;
      shown = part;
      look(part, false);
    };
    place.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") hover(this.at(event, 6) ?? chosen);
    });
    place.addEventListener("pointerleave", () => hover(chosen));
    place.addEventListener("click", (event) => {
      const part = this.at(event);
      if (part) look((shown = part), true);
    });
    place.addEventListener("keydown", (event) => {
      if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      look((shown = this.next(chosen, event.key)), true);
    });
    this.drawing.setAttribute("aria-hidden", "true");
    return place;
  }
}
