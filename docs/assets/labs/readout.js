/** What the small laboratories say: the names of functions, and text that is announced. */

import { element } from "./lab.js";

const PAUSE = 400; // milliseconds

/** What each activation is called, and to how many decimals its values are shown. */
export const FUNCTIONS = {
  linear: { name: "linear", digits: 2 },
  relu: { name: "ReLU", digits: 2 },
  leaky_relu: { name: "leaky ReLU", digits: 4 },
  sigmoid: { name: "sigmoid", digits: 7 },
  tanh: { name: "tanh", digits: 7 },
};

/** The options of a select that chooses one of them. */
export const FUNCTION_OPTIONS = Object.entries(FUNCTIONS).map(([key, { name }]) => [key, name]);

/**
 * Return { row, say, show }: `say` shows sentences at once, and announces them after a
 * pause; `show` does not announce them.
 *
 * A screen reader would otherwise read every value that a moving slider passes.
 */
export function readout(signal) {
  const shown = element("div", { class: "lab-readout", "aria-hidden": "true" });
  const output = element("output", { class: "lab-announcement" });
  let timer;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const show = (...sentences) =>
    shown.replaceChildren(...sentences.map((sentence) => element("p", {}, sentence)));
  return {
    row: element("div", {}, shown, output),
    show,
    say(...sentences) {
      show(...sentences);
      clearTimeout(timer);
      timer = setTimeout(() => {
        output.value = sentences.join(" ");
      }, PAUSE);
    },
  };
}
