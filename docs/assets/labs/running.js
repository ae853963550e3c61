/** What the laboratories share whose network trains in a worker: the run and its status. */

import { Lab, button, element } from "./lab.js";

const ANNOUNCE_EVERY = 5000; // milliseconds

/** Return the entries of a `dl` of [name, value]. */
export function definitions(rows) {
  return rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, `${value}`)]);
}

/** A subclass has `go()`, `pause()`, `step()`, `reset(message)` and, for the worker's answers, `receive(data)`. */
export class RunningLab extends Lab {
  startWorker(address, type = "module") {
    this.worker = new Worker(address, { type });
    this.worker.addEventListener("message", ({ data }) => this.receive(data));
    this.worker.addEventListener("error", ({ message }) => this.fail(message));
  }

  disconnectedCallback() {
    this.worker?.terminate();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.later);
    super.disconnectedCallback();
  }

  /** Return the buttons of a run, and `others` beside them. */
  makeButtons(...others) {
    this.start = button("Start", () => (this.running ? this.pause() : this.go()));
    const step = button("One step", () => this.step());
    const reset = button("Reset", () => this.reset("Reset: step 0."));
    return element("div", { class: "lab-buttons" }, this.start, step, reset, ...others);
  }

  setRunning(running) {
    this.running = running;
    this.start.textContent = running ? "Pause" : "Start";
  }

  fail(message) {
    this.setRunning(false);
    this.say(`The run stopped: ${message}`);
  }

  say(...parts) {
    this.status.replaceChildren(...parts);
    this.saidAt = performance.now();
  }

  /** Tell whether a run's numbers are to be announced again. */
  isSilent() {
    return performance.now() - this.saidAt > ANNOUNCE_EVERY;
  }
}
