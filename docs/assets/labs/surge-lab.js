/** <surge-lab>: a still figure, and a button that lets its network learn in its place. */

import { button, reducedMotion } from "./lab.js";

class SurgeLab extends HTMLElement {
  connectedCallback() {
    if (reducedMotion() || this.watch) return;
    this.watch = button("Watch it learn", () => this.press());
    this.watch.classList.add("surge-watch");
    this.append(this.watch);
  }

  /** Start, pause or go on; what draws comes with the first press. */
  async press() {
    if (!this.run) {
      this.watch.disabled = true;
      const { createRun } = await import("./surge-run.js");
      this.run = await createRun(this.watch);
      this.insertBefore(this.run, this.watch);
      this.watch.disabled = false;
      this.watch.focus();
    }
    this.run.toggle();
  }
}

customElements.define("surge-lab", SurgeLab);
