/** Maps of numbers over two inputs: small ones of units, and the board with its points. */

import { element, setAttributes, svg } from "./lab.js";
import { PLACES, centre } from "./shapes.js";

/** Return the inks of positive and of negative numbers, as the page's colours are now. */
export function inks() {
  const styles = getComputedStyle(document.body);
  const ink = (name) => {
    const [red, green, blue] = styles.getPropertyValue(name).match(/[\da-f]{2}/gi);
    return parseInt(blue + green + red, 16);
  };
  return { positive: ink("--figure-1"), negative: ink("--figure-2") };
}

/** Show the pixels of a square picture. */
function put(canvas, pixels) {
  const image = new ImageData(pixels, Math.sqrt(pixels.length / 4));
  if (canvas.width !== image.width) Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A small map of a unit: `figure`, and `show(pixels, text)`. */
export class UnitMap {
  constructor(name) {
    this.name = name;
    this.canvas = element("canvas", { role: "img", "aria-label": name });
    this.text = element("figcaption");
    const frame = element("div", { class: "shapes-frame" }, this.canvas);
    this.figure = element("figure", { class: "shapes-unit" }, frame, this.text);
  }

  show(pixels, text) {
    put(this.canvas, pixels);
    if (this.text.textContent === text) return;
    this.text.textContent = text;
    this.canvas.setAttribute("aria-label", `${this.name}: ${text}`);
  }
}

const onScreen = (x) => 20.5 + 20 * x;

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

  /** Show a picture, the line where it changes its sign, and rings around the rows that are wrong. */
  show(pixels, line, wrong) {
    put(this.canvas, pixels);
    this.paths.line.setAttribute("d", line);
    this.paths.ring.setAttribute("d", wrong.map((row) => this.sign("ring", row)).join(""));
  }
}
