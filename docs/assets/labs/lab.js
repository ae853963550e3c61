/** What all laboratories share: elements, labelled controls, numbers as text. */

const SVG = "http://www.w3.org/2000/svg";
const MINUS = "\u2212";
let lastId = 0;

/** Return an id that no other element of the page has. */
export function uniqueId() {
  lastId += 1;
  return `lab-${lastId}`;
}

/** Return an HTML element. Text children become text, never markup. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Set attributes: `false` and `undefined` leave one out, `true` sets it empty. */
export function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? "" : value);
  }
  return target;
}

function filled(target, attributes, children) {
  setAttributes(target, attributes).append(...children);
  return target;
}

/** Return a number with `digits` decimals and a true minus sign; −0 is 0. */
export function format(number, digits = 2) {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : `${MINUS}∞`;
  const text = Math.abs(number).toFixed(digits);
  return number < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** Return numbers as a sum, as "3.64 − 0.50": each sign stands between its terms. */
export function asSum(terms) {
  const [first, ...rest] = terms.map((term) => format(term));
  const signed = rest.map((text) => (text[0] === "−" ? `− ${text.slice(1)}` : `+ ${text}`));
  return [first, ...signed].join(" ");
}

/** Return a number in as few characters as `digits` significant ones need. */
export function short(number, digits = 3) {
  if (!Number.isFinite(number) || number === 0) return format(number, 0);
  const size = Math.abs(number);
  const text =
    size >= 1e5 || size < 1e-3
      ? number.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
      : String(Number(number.toPrecision(digits)));
  return text.replaceAll("-", MINUS);
}

/**
 * Return a slider with its label: { row, input, value }, `show` makes its text.
 *
 * The reader's moves call `onInput` with the number, setting `value` does not.
 */
export function slider({ label, min, max, step, value, show, onInput }) {
  const id = uniqueId();
  const input = element("input", { id, type: "range", min, max, step, value });
  const output = element("output", { for: id, "aria-live": "off" });
  const read = () => {
    output.value = show(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.value);
  };
  read();
  input.addEventListener("input", () => {
    read();
    onInput?.(input.valueAsNumber);
  });
  const name = element("label", { for: id }, label);
  const row = element("div", { class: "lab-row" }, name, input, output);
  return {
    row,
    input,
    get value() {
      return input.valueAsNumber;
    },
    set value(number) {
      input.value = number;
      read();
    },
  };
}

/** Return a select, whose `row` holds it with its label; options are [value, text]. */
export function select({ label, options, value, onChange }) {
  const id = uniqueId();
  const choices = options.map(([key, text]) => element("option", { value: key }, text));
  const input = element("select", { id }, ...choices);
  input.value = value;
  input.addEventListener("change", () => onChange?.(input.value));
  input.row = element("div", { class: "lab-row" }, element("label", { for: id }, label), input);
  return input;
}

/** Return a button. */
export function button(text, onClick) {
  const made = element("button", { type: "button", class: "md-button lab-button" }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** Return the address of a page of this site, such as "errors/index#messages". */
export function pageAddress(page) {
  const ending = location.pathname.endsWith(".html") ? ".html" : "/";
  const [path, anchor] = page.split("#");
  const address = new URL(`../../${path}${ending}`, import.meta.url);
  address.hash = anchor ?? "";
  return address.href;
}

/** Return an entry of a legend: what stands in the drawing, 28 by 10, and its name. */
export function legendKey(name, ...shapes) {
  const box = { viewBox: "0 0 28 10", width: 28, height: 10, "aria-hidden": "true" };
  return element("span", { class: "chart-key" }, svg("svg", box, ...shapes), name);
}

const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Tell whether the reader asks for less motion. */
export function reducedMotion() {
  return lessMotion.matches;
}

/**
 * A laboratory: an element whose content is what readers without JavaScript see.
 *
 * A subclass fills the panel, which takes the content's place, with `build(panel)`,
 * which returns a promise if the panel is complete only later.
 * `this.signal` aborts when the element leaves the page: listeners elsewhere need it.
 */
export class Lab extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController();
    this.signal = this.leaving.signal;
    this.fallback = [...this.children];
    this.panel = element("div", { class: "lab", hidden: true });
    const href = new URL("labs.css", import.meta.url).href;
    const styles = element("link", { rel: "stylesheet", href });
    const { signal } = this;
    const built = this.build(this.panel);
    const show = async () => {
      await built;
      if (!signal.aborted) this.reveal();
    };
    for (const event of ["load", "error"]) styles.addEventListener(event, show, { signal });
    this.append(styles, this.panel);
    this.added = [styles, this.panel];
  }

  reveal() {
    for (const child of this.fallback) child.hidden = true;
    this.panel.hidden = false;
  }

  disconnectedCallback() {
    this.leaving.abort();
    for (const child of this.added) child.remove();
    for (const child of this.fallback) child.hidden = false;
  }
}

/** Let a class make its elements work, in a task of its own: evaluating the modules was one for a phone. */
export function define(name, constructor) {
  setTimeout(() => customElements.define(name, constructor));
}
