/** Pictures of numbers over two inputs: made in the worker, so that the page only has to show them. */

import { PLACES, centre } from "./shapes.js";

/** How maps are painted: pixels for each place and from stripe to stripe, and opacity. */
const SMALL = { detail: 1, stripes: 4, opacity: 215 };
const LARGE = { detail: 6, stripes: 8, opacity: 150 };

/** Return the pixels of numbers from −1 to 1, and of those between them, the negative ones striped. */
function paint(numbers, { positive, negative }, { detail, stripes, opacity }) {
  const side = detail * (PLACES - 1) + 1;
  const pixels = new Uint32Array(side * side);
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
  return new Uint8ClampedArray(pixels.buffer);
}

/** Return the pixels of a unit's map, whose layer has a largest number. */
export function unitPixels(numbers, largest, inks) {
  const shades = numbers.map((number) => Math.sign(number) * Math.abs(number / (largest || 1)) ** 0.6);
  return paint(shades, inks, SMALL);
}

/** Return the pixels of the board's map of logits. */
export function boardPixels(logits, inks) {
  return paint(logits.map((z) => Math.tanh(z / 2)), inks, LARGE);
}

/** Return the line on which numbers are 0, as a path between the places' centres. */
export function zeroLine(numbers) {
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
