/** Maps of numbers over two inputs: small ones of units, and the board with its points. */

import { element, setAttributes, svg } from "./lab.js";
import { PLACES } from "./shapes.js";

/** How maps are painted: pixels for each place and from stripe to stripe, and opacity. */
const SMALL = { detail: 1, stripes: 4, opacity: 215 };
const LARGE = { detail: 6, stripes: 8, opacity: 150 };

/** Return the inks of positive and of negative numbers, as the page's colours are now. */
export function inks(target) {
  const styles = getComputedStyle(target);
  const ink = (name) => {
    const [red, green, blue] = styles.getPropertyValue(name).match(/[\da-f]{2}/gi);
    return parseInt(blue + green + red, 16);
  };
  return { positive: ink("--figure-1"), negative: ink("--figure-2") };
}

/** Paint numbers from −1 to 1, and those between them, the negative ones striped. */
function paint(canvas, numbers, { positive, negative }, { detail, stripes, opacity }) {
  const side = detail * (PLACES - 1) + 1;
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  canvas.image ??= context.createImageData(side, side);
  const pixels = new Uint32Array(canvas.image.data.buffer);
  const line = new Float64Array(PLACES + 1);
  for (let y = 0, index = 0; y < side; y++) {
    const start = PLACES * Math.floor(y / detail);
    const below = (y % detail) / detail;
    for (let place = 0; place < PLACES; place++) {
      const value = numbers[start + place];
      line[place] = below ? value + below * (numbers[start + PLACES + place] - value) : value;
    }
    for (let x = 0; x < side; x++, index++) {
      const place = Math.floor(x / detail);
      const value = line[place] + ((x % detail) / detail) * (line[place + 1] - line[place]);
      const isGap = value < 0 && (y + x) % stripes < stripes / 3;
      const alpha = opacity * Math.abs(value) * (isGap ? 0.4 : 1);
      pixels[index] = (alpha << 24) | (value < 0 ? negative : positive);
    }
  }
  context.putImageData(canvas.image, 0, 0);
}

/** A small map of a unit: `figure`, and `show(numbers, largest, inks, text)`. */
export class UnitMap {
  constructor(name) {
    this.name = name;
    this.canvas = element("canvas", { role: "img", "aria-label": name });
    this.text = element("figcaption");
    const frame = element("div", { class: "shapes-frame" }, this.canvas);
    this.figure = element("figure", { class: "shapes-unit" }, frame, this.text);
  }

  show(numbers, largest, colours, text) {
    const shades = numbers.map((number) => Math.sign(number) * Math.abs(number / largest) ** 0.6);
    paint(this.canvas, shades, colours, SMALL);
    if (this.text.textContent === text) return;
    this.text.textContent = text;
    this.canvas.setAttribute("aria-label", `${this.name}: ${text}`);
  }
}

const centre = (place) => place + 0.5;
const onScreen = (x) => 20.5 + 20 * x;

/** Return the line on which numbers are 0, as a path between the places' centres. */
function zeroLine(numbers) {
  const parts = [];
  const cross = (corners) => {
    const ends = [];
    corners.forEach(([column, row], index) => {
      const [otherColumn, otherRow] = corners[(index + 1) % 3];
      const value = numbers[row * PLACES + column];
      const other = numbers[otherRow * PLACES + otherColumn];
      if (value > 0 === other > 0) return;
      const share = value / (value - other);
      const between = (from, to) => (centre(from) + share * (to - from)).toFixed(2);
      ends.push(`${between(column, otherColumn)} ${between(row, otherRow)}`);
    });
    if (ends.length) parts.push(`M${ends.join("L")}`);
  };
  for (let row = 0; row < PLACES - 1; row++) {
    for (let column = 0; column < PLACES - 1; column++) {
      const [left, right, top, bottom] = [column, column + 1, row, row + 1];
      cross([[left, top], [right, top], [left, bottom]]);
      cross([[right, top], [right, bottom], [left, bottom]]);
    }
  }
  return parts.join("");
}

const SIGNS = {
  dot: (x, y) => `M${x - 0.7} ${y}a.7.7 0 1 0 1.4 0a.7.7 0 1 0-1.4 0z`,
  triangle: (x, y) => `M${x} ${y - 0.9}l.85 1.5h-1.7z`,
  ring: (x, y) => `M${x - 1.2} ${y}a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0z`,
};

/** Return the drawing of a kind of sign, for a legend. */
export function sign(kind) {
  const path = svg("path", { class: `shapes-${kind}`, d: SIGNS[kind](1.5, 1.5) });
  return svg("svg", { class: "shapes-sign", viewBox: "0 0 3 3", "aria-hidden": "true" }, path);
}

/**
 * The board: a large map, the points, and a cursor that pointer and keys move.
 *
 * `onMove(column, row)` is called when the cursor comes to a place, `onPlace(column, row,
 * kind)` when a point is asked for: kind is what the pressed key means, or undefined.
 */
export class Board {
  constructor({ label, onMove, onPlace, keys }) {
    Object.assign(this, { onMove, onPlace, keys });
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.paths = Object.fromEntries(
      ["line", "triangle", "dot", "ring", "cursor"].map((name) => [name, svg("path", { class: `shapes-${name}` })]),
    );
    const box = { viewBox: `0.5 0.5 ${PLACES - 1} ${PLACES - 1}`, "aria-hidden": "true" };
    const drawing = svg("svg", box, ...Object.values(this.paths));
    const role = { tabindex: 0, role: "application", "aria-roledescription": "map", "aria-label": label };
    this.element = element("div", { class: "shapes-board", ...role }, this.canvas, drawing);
    this.element.addEventListener("keydown", (event) => this.press(event));
    this.element.addEventListener("pointermove", (event) => this.follow(event));
    this.element.addEventListener("click", (event) => this.click(event));
    this.move(20, 20);
  }

  get index() {
    return (PLACES - 1 - this.row) * PLACES + this.column;
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const [across, up] = moves[event.key] ?? [0, 0];
    const stride = event.shiftKey ? 5 : 1;
    if (event.key in moves) this.move(this.column + stride * across, this.row + stride * up);
    else if (event.key in this.keys) this.onPlace(this.column, this.row, this.keys[event.key]);
    else return;
    event.preventDefault();
  }

  follow(event) {
    const isNew = this.point(event);
    if (isNew && event.pointerType === "mouse" && event.buttons === 1) this.onPlace(this.column, this.row);
  }

  click(event) {
    this.point(event);
    this.onPlace(this.column, this.row);
  }

  /** Move the cursor to where a pointer is; tell whether it was elsewhere. */
  point({ clientX, clientY }) {
    const { left, bottom, width, height } = this.element.getBoundingClientRect();
    const place = (share) => Math.round((PLACES - 1) * share);
    return this.move(place((clientX - left) / width), place((bottom - clientY) / height));
  }

  move(...place) {
    const [column, row] = place.map((each) => Math.max(0, Math.min(PLACES - 1, each)));
    if (column === this.column && row === this.row) return false;
    Object.assign(this, { column, row });
    const [x, y] = [centre(column), centre(PLACES - 1 - row)];
    const d = `M${x - 1.5} ${y}h1m1 0h1M${x} ${y - 1.5}v1m0 1v1`;
    setAttributes(this.paths.cursor, { d });
    this.onMove(column, row);
    return true;
  }

  /** Draw points { X, y }. */
  setPoints({ X, y }) {
    this.X = X;
    const signs = [[], []];
    y.data.forEach((kind, row) => signs[kind].push(this.sign(kind ? "dot" : "triangle", row)));
    this.paths.triangle.setAttribute("d", signs[0].join(""));
    this.paths.dot.setAttribute("d", signs[1].join(""));
    this.paths.ring.setAttribute("d", "");
  }

  sign(kind, row) {
    const [x1, x2] = this.X.data.subarray(2 * row, 2 * row + 2);
    return SIGNS[kind](Number(onScreen(x1).toFixed(2)), Number(onScreen(-x2).toFixed(2)));
  }

  /** Show logits, and rings around the points of the rows that are wrong. */
  show(logits, wrong, colours) {
    paint(this.canvas, logits.map((z) => Math.tanh(z / 2)), colours, LARGE);
    this.paths.line.setAttribute("d", zeroLine(logits));
    this.paths.ring.setAttribute("d", wrong.map((row) => this.sign("ring", row)).join(""));
  }
}
