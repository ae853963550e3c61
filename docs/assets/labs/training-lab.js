/** The training lab: train the delivery network live, break it, and mend it. */

import { Chart } from "./chart.js";
import { Lab, button, element, reducedMotion, select, short, slider } from "./lab.js";
import { LAYER_SIZES } from "./training.js";
import { explanation } from "./training-words.js";
import {
  FIELDS,
  HEALTHY,
  PRESETS,
  RATES,
  presetOf,
  presetSettings,
  readQuery,
  writeQuery,
} from "./training-settings.js";

const STEPS = 2000; // of a run, until it is started again
const POINTS = 400; // of a chart
const SPEEDS = { slow: 1, normal: 5, fast: 25 };
const ANNOUNCE_EVERY = 5000; // milliseconds
const LAYERS = LAYER_SIZES.slice(1).map((_size, layer) => `layer ${layer + 1}`);

const ACTIVATIONS = [
  ["relu", "ReLU"],
  ["leaky_relu", "leaky ReLU"],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["linear", "none (linear)"],
];
const INITIALISATIONS = [
  ["he", "He"],
  ["xavier", "Xavier (Glorot)"],
  ["small", "too small, 0.001"],
  ["large", "too large, 10"],
  ["zero", "all zero"],
];
const INPUTS = [
  ["standardised", "standardised"],
  ["raw", "raw: km, minutes, rupees"],
];

/** Return the address of a page of this site, `path` without its ending. */
function pageAddress(path, hash = "") {
  const ending = location.pathname.endsWith(".html") ? ".html" : "/";
  const address = new URL(`../../${path}${ending}`, import.meta.url);
  address.hash = hash;
  return address.href;
}

class TrainingLab extends Lab {
  build(panel) {
    this.embedded = this.hasAttribute("preset");
    this.settings = { ...HEALTHY };
    this.run = 0;
    this.running = false;
    this.charts = this.makeCharts();
    this.status = element("p", { class: "training-status", role: "status" });
    this.numbers = element("dl", { class: "training-numbers" });
    this.controls = this.makeControls();
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", "Training lab");
    panel.append(
      this.makePresets(),
      this.makeSettings(),
      this.makeButtons(),
      this.status,
      element("div", { class: "training-charts" }, ...this.charts.map((c) => c.figure), this.numbers),
    );
    if (this.embedded) panel.append(this.makeLink());
    this.startWorker();
    this.readState();
    this.followAddress();
  }

  disconnectedCallback() {
    this.worker.terminate();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.later);
    super.disconnectedCallback();
  }

  // What the reader sees and moves

  makePresets() {
    const options = Object.entries(PRESETS).map(([key, { title }]) => [key, title]);
    const value = this.getAttribute("preset") ?? "nan";
    this.preset = select({ label: "Failure", options, value });
    this.preset.row.hidden = this.embedded;
    const load = (state) => () => this.load(this.preset.value, state);
    const buttons = [button("Break it", load("broken")), button("Fix it", load("mended"))];
    return element("div", {}, this.preset.row, element("div", { class: "lab-buttons" }, ...buttons));
  }

  makeButtons() {
    this.start = button("Start", () => (this.running ? this.pause() : this.go()));
    const speeds = Object.keys(SPEEDS).map((name) => [name, name]);
    const again = () => this.running && this.go();
    this.speed = select({ label: "Speed", options: speeds, value: "normal", onChange: again });
    const step = button("One step", () => this.send("step"));
    const reset = button("Reset", () => this.reset("Reset: step 0."));
    const buttons = element("div", { class: "lab-buttons" }, this.start, step, reset);
    return element("div", { class: "training-run" }, buttons, this.speed.row);
  }

  makeControls() {
    const choice = (key, label, options) =>
      select({ label, options, value: HEALTHY[key], onChange: (text) => this.change(key, text) });
    const numbers = (key, label, none) =>
      choice(key, label, FIELDS[key].values.map((v) => [v, v === 0 && none ? none : short(v)]));
    const moved = (key, label, values) => {
      const show = (index) => short(values[index]);
      const made = slider({ label, min: 0, max: values.length - 1, step: 1, value: 0, show });
      made.input.addEventListener("change", () => this.change(key, values[made.value]));
      return made;
    };
    return {
      learningRate: moved("learningRate", "Learning rate", RATES),
      batchSize: numbers("batchSize", "Batch size"),
      activation: choice("activation", "Activation", ACTIVATIONS),
      initialisation: choice("initialisation", "Initialisation", INITIALISATIONS),
      input: choice("input", "Input", INPUTS),
      clip: numbers("clip", "Gradient clipping", "off"),
      weightDecay: numbers("weightDecay", "Weight decay", "off"),
      seed: moved("seed", "Seed", FIELDS.seed.values),
    };
  }

  makeSettings() {
    const rows = Object.values(this.controls).map(({ row }) => row);
    const grid = element("div", { class: "training-settings" }, ...rows);
    const summary = element("summary", {}, "Settings");
    return element("details", { class: "training-details", open: this.hasRoom() }, summary, grid);
  }

  /** Tell whether the settings may stand open between the buttons and the charts. */
  hasRoom() {
    return !this.embedded && matchMedia("(width >= 45em)").matches;
  }

  makeCharts() {
    return [
      new Chart({ title: "Loss", lines: ["training", "test"], logarithmic: true }),
      new Chart({ title: "Gradient norm", lines: LAYERS, logarithmic: true, floor: 1e-8 }),
      new Chart({ title: "Dead units", lines: LAYERS.slice(0, -1) }),
    ];
  }

  makeLink() {
    this.link = element("a", {}, "Open these settings in the training lab");
    return element("p", { class: "training-link" }, this.link);
  }

  // The settings, and the address that keeps them

  readState() {
    if (this.embedded) {
      const name = this.getAttribute("preset");
      const isKnown = Object.hasOwn(PRESETS, name);
      const settings = isKnown ? presetSettings(name, "broken") : { ...HEALTHY };
      this.apply(settings, isKnown ? "" : `There is no preset ${name}.`);
      return;
    }
    const { settings, problems } = readQuery(location.search);
    this.apply(settings, problems.join(" "));
  }

  followAddress() {
    this.search = location.search;
    if (this.embedded) return;
    const follow = () => {
      if (location.search === this.search) return;
      this.search = location.search;
      this.readState();
    };
    addEventListener("popstate", follow, { signal: this.signal });
    const subscription = globalThis.location$?.subscribe(follow);
    this.signal.addEventListener("abort", () => subscription?.unsubscribe());
  }

  writeAddress() {
    if (this.link) {
      this.link.href = pageAddress("chapters/training-lab") + writeQuery(this.settings);
      return;
    }
    this.search = writeQuery(this.settings, location.search);
    const address = location.pathname + this.search + location.hash;
    history.replaceState(history.state, "", address);
  }

  load(name, state) {
    this.apply(presetSettings(name, state, this.settings.seed));
    this.writeAddress();
    this.go();
  }

  change(key, value) {
    const goesOn = this.running;
    const [chosen] = FIELDS[key].values.filter((each) => String(each) === String(value));
    this.apply({ ...this.settings, [key]: chosen }, "Settings changed: step 0.");
    this.writeAddress();
    if (goesOn) this.go();
  }

  apply(settings, message = "") {
    this.settings = settings;
    for (const [key, control] of Object.entries(this.controls)) {
      const isIndex = control.input.type === "range";
      control.value = isIndex ? FIELDS[key].values.indexOf(settings[key]) : settings[key];
    }
    const preset = presetOf(settings);
    if (preset && !this.embedded) this.preset.value = preset;
    if (this.link) this.writeAddress();
    this.reset(message);
  }

  // The run

  startWorker() {
    const address = new URL("training-worker.js", import.meta.url);
    this.worker = new Worker(address, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.receive(data));
    this.worker.addEventListener("error", ({ message }) => this.stopWith(message));
  }

  send(command, options = {}) {
    this.worker.postMessage({ command, ...options });
  }

  reset(message) {
    this.run += 1;
    this.points = [];
    this.stride = 1;
    this.report = undefined;
    this.diagnosis = undefined;
    this.setRunning(false);
    this.say(message || "Ready: press Start.");
    this.send("reset", { settings: this.settings, run: this.run });
  }

  go() {
    if (this.report?.diagnosis === "nan") return;
    const steps = this.report?.step ?? 0;
    this.setRunning(true);
    this.say("Training.");
    const last = (Math.floor(steps / STEPS) + 1) * STEPS;
    this.send("run", { stepsPerTick: SPEEDS[this.speed.value], last });
  }

  pause() {
    this.setRunning(false);
    this.send("pause");
  }

  setRunning(running) {
    this.running = running;
    this.start.textContent = running ? "Pause" : "Start";
  }

  receive(report) {
    if (report.error) this.stopWith(report.error);
    else if (report.run === this.run) this.take(report);
  }

  stopWith(message) {
    this.setRunning(false);
    this.say(`The run stopped: ${message}`);
  }

  take(report) {
    const hasStopped = !report.running && (this.running || report.step > 0);
    if (!report.running && report.step > 0) this.setRunning(false);
    this.report = report;
    this.keep([report.step, report.train, report.test, ...report.norms, ...report.dead]);
    const isNew = report.diagnosis !== this.diagnosis;
    this.diagnosis = report.diagnosis;
    const isDue = performance.now() - this.saidAt > ANNOUNCE_EVERY;
    if (report.step > 0 && (isNew || hasStopped || isDue)) this.explain(report);
    this.redraw(!report.running);
  }

  /** Keep a point for the charts; when there are too many, every second one goes. */
  keep(point) {
    this.newest = point;
    if (point[0] % this.stride === 0) this.points.push(point);
    if (this.points.length <= POINTS) return;
    this.stride *= 2;
    this.points = this.points.filter(([step]) => step % this.stride === 0);
  }

  // What the reader is told

  say(...parts) {
    this.status.replaceChildren(...parts);
    this.saidAt = performance.now();
  }

  explain(report) {
    const { text, link } = explanation(report, this.settings);
    this.status.dataset.diagnosis = report.diagnosis ?? "none";
    const more = link && element("a", { href: pageAddress(link.page, link.hash) }, link.title);
    this.say(...(more ? [`${text} Read on: `, more, "."] : [text]));
    const [loss, norms, dead] = this.charts;
    const each = (values) => values.map((v, i) => `${LAYERS[i]} ${short(v)}`).join(", ");
    loss.describe(`training ${short(report.train)}, test ${short(report.test)} at step ${report.step}`);
    norms.describe(`${each(report.norms)} at step ${report.step}`);
    dead.describe(`${each(report.dead)} at step ${report.step}`);
  }

  redraw(now) {
    const wait = reducedMotion() && !now ? 1000 : 100;
    if (this.later && !now) return;
    clearTimeout(this.later);
    this.later = setTimeout(
      () => {
        this.later = undefined;
        this.frame = requestAnimationFrame(() => this.draw());
      },
      now ? 0 : wait,
    );
  }

  draw() {
    if (!this.report) return;
    const points = [...this.points, this.newest];
    const columns = (from, to) => points.map((p) => [p[0], ...p.slice(from, to)]);
    const failed = this.report.diagnosis === "nan";
    this.charts[0].draw(columns(1, 3), failed);
    this.charts[1].draw(columns(3, 6), failed);
    this.charts[2].draw(columns(6, 8));
    this.drawNumbers(this.report);
  }

  drawNumbers({ step, train, test, norms, dead, flat }) {
    const percent = (share) => (Number.isNaN(train) ? "NaN" : `${Math.round(100 * share)} %`);
    const squashes = ["sigmoid", "tanh"].includes(this.settings.activation);
    const rows = {
      step,
      "training loss": short(train),
      "test loss": short(test),
      ...Object.fromEntries(norms.map((n, i) => [`gradient norm, ${LAYERS[i]}`, short(n, 2)])),
      ...Object.fromEntries(dead.map((s, i) => [`dead units, ${LAYERS[i]}`, percent(s)])),
      ...(squashes ? { "saturated outputs, layer 1": percent(flat) } : {}),
    };
    const cells = Object.entries(rows).flatMap(([name, value]) => [
      element("dt", {}, name),
      element("dd", {}, String(value)),
    ]);
    this.numbers.replaceChildren(...cells);
  }
}

if (!customElements.get("training-lab")) customElements.define("training-lab", TrainingLab);
