/** <surge-lab>: a still figure, and a button that lets its network learn in its place. */

import { button, element, reducedMotion } from "./lab.js";

class SurgeLab extends HTMLElement {
  connectedCallback() {
    if (reducedMotion() || this.watch) return;
    this.watch = button("Watch it learn", () => this.press());
    this.watch.classList.add("surge-watch");
    this.problem = element("p", { class: "surge-problem", role: "status" });
    this.append(this.watch, this.problem);
  }

  /** Start, pause or go on; what draws comes with the first press. */
  async press() {
    if (!this.run) await this.load();
    this.run?.toggle();
  }

  /** Put what draws into the figure's place; if a file is missing, say so and keep the figure. */
  async load() {
    this.watch.disabled = true;
    this.problem.textContent = "";
    try {
      const { createRun } = await import("./surge-run.js");
      this.run = await createRun(this.watch);
      this.insertBefore(this.run, this.watch);
    } catch (error) {
      this.problem.textContent = `The network did not load (${error.message}). Press again, or reload the page.`;
    }
    this.watch.disabled = false;
    this.watch.focus();
  }
}

customElements.define("surge-lab", SurgeLab);
