/** The training lab: train the delivery network live, break it, and mend it. */

import { Chart } from "./chart.js";
import { Lab, button, element, pageAddress, reducedMotion, select, short, slider } from "./lab.js";
import { LAYER_SIZES } from "./training.js";
import {
  FAILURES,
  FIELDS,
  PRESETS,
  percent,
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

class TrainingLab extends Lab {
  build(panel) {
    this.embedded = this.hasAttribute("preset");
    this.run = 0;
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
    if (this.embedded) {
      this.link = element("a", {}, "Open these settings in the training lab");
      panel.append(this.link);
    }
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

  makePresets() {
    const options = PRESETS.map((name) => [name, FAILURES[name].title]);
    this.preset = select({ label: "Failure", options, value: PRESETS[0] });
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
    const buttons = [this.start, step, reset, this.speed.row];
    return element("div", { class: "lab-buttons training-run" }, ...buttons);
  }

  makeControls() {
    const controls = Object.entries(FIELDS).map(([key, field]) => {
      const make = field.values.length > 9 ? this.makeSlider : this.makeSelect;
      return [key, make.call(this, key, field)];
    });
    return Object.fromEntries(controls);
  }

  makeSlider(key, { label, values }) {
    const show = (index) => short(values[index]);
    const made = slider({ label, min: 0, max: values.length - 1, step: 1, value: 0, show });
    made.input.addEventListener("change", () => this.change(key, made.value));
    return made;
  }

  makeSelect(key, { label, values, texts }) {
    const text = (value) => (value === 0 ? "off" : short(value));
    const options = values.map((value, index) => [index, texts?.[index] ?? text(value)]);
    return select({ label, options, value: 0, onChange: (index) => this.change(key, index) });
  }

  makeSettings() {
    const rows = Object.values(this.controls).map(({ row }) => row);
    const open = !this.embedded && matchMedia("(width >= 45em)").matches;
    const grid = element("div", { class: "training-settings" }, ...rows);
    return element("details", { open }, element("summary", {}, "Settings"), grid);
  }

  makeCharts() {
    return [
      new Chart({ title: "Loss", lines: ["training", "test"], logarithmic: true }),
      new Chart({ title: "Gradient norm", lines: LAYERS, logarithmic: true, floor: 1e-8 }),
      new Chart({ title: "Dead units", lines: LAYERS.slice(0, -1) }),
    ];
  }

  readState() {
    const preset = this.getAttribute("preset");
    const query = this.embedded ? `?preset=${preset}` : location.search;
    const { settings, problems } = readQuery(query);
    this.apply(settings, problems.join(" "));
  }

  /** Take settings from history, and from links that change only this page's query. */
  followAddress() {
    if (this.embedded) return;
    const { signal } = this;
    const page = location.pathname;
    addEventListener("popstate", () => location.pathname === page && this.readState(), { signal });
    const follow = (event) => {
      const link = event.target.closest("a[href]");
      if (link?.pathname !== page || [location.search, ""].includes(link.search)) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation(); // Material would go back in history
      history.pushState(null, "", link.href);
      this.readState();
      this.scrollIntoView();
    };
    document.addEventListener("click", follow, { capture: true, signal });
  }

  writeAddress() {
    if (this.link) {
      this.link.href = pageAddress("chapters/training-lab") + writeQuery(this.settings);
      return;
    }
    const query = writeQuery(this.settings, location.search);
    history.replaceState(history.state, "", location.pathname + query + location.hash);
  }

  load(name, state) {
    this.apply(presetSettings(name, state, this.settings.seed));
    this.writeAddress();
    this.go();
  }

  change(key, index) {
    const goesOn = this.running;
    const value = FIELDS[key].values[index];
    this.apply({ ...this.settings, [key]: value }, "Settings changed: step 0.");
    this.writeAddress();
    if (goesOn) this.go();
  }

  apply(settings, message = "") {
    this.settings = settings;
    for (const [key, control] of Object.entries(this.controls)) {
      control.value = FIELDS[key].values.indexOf(settings[key]);
    }
    this.preset.value = presetOf(settings) ?? this.preset.value;
    if (this.link) this.writeAddress();
    this.reset(message);
  }

  startWorker() {
    const address = new URL("training-worker.js", import.meta.url);
    this.worker = new Worker(address, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.receive(data));
    this.worker.addEventListener("error", ({ message }) => {
      this.setRunning(false);
      this.say(`The run stopped: ${message}`);
    });
  }

  send(command, options) {
    this.worker.postMessage({ command, ...options });
  }

  reset(message) {
    this.run += 1;
    this.points = [];
    this.stride = 1;
    this.report = undefined;
    this.diagnosis = undefined;
    this.setRunning(false);
    this.status.dataset.diagnosis = "none";
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
    if (report.run !== this.run) return;
    const { step, running, diagnosis } = report;
    this.report = report;
    this.keep([step, report.train, report.test, ...report.norms, ...report.dead]);
    if (step > 0) {
      if (!running) this.setRunning(false);
      const isDue = performance.now() - this.saidAt > ANNOUNCE_EVERY;
      if (isDue || !running || diagnosis !== this.diagnosis) this.explain(report);
      this.diagnosis = diagnosis;
    }
    this.redraw(!running);
  }

  /** Keep a point, and of too many every second one. */
  keep(point) {
    this.newest = point;
    if (point[0] % this.stride === 0) this.points.push(point);
    if (this.points.length <= POINTS) return;
    this.stride *= 2;
    this.points = this.points.filter(([step]) => step % this.stride === 0);
  }

  say(...parts) {
    this.status.replaceChildren(...parts);
    this.saidAt = performance.now();
  }

  explain(report) {
    const { step, train, test, diagnosis } = report;
    const failure = FAILURES[diagnosis];
    this.status.dataset.diagnosis = diagnosis ?? "none";
    if (failure) {
      const link = element("a", { href: pageAddress(`errors/${failure.page}`) }, failure.title);
      this.say(`Step ${step}: ${failure.text(report)} Read on: `, link, ".");
    } else {
      this.say(`Step ${step}: training loss ${short(train)}, test loss ${short(test)}.`);
    }
  }

  redraw(now) {
    if (this.later && !now) return;
    clearTimeout(this.later);
    const draw = () => {
      this.later = undefined;
      this.frame = requestAnimationFrame(() => this.draw());
    };
    this.later = setTimeout(draw, now ? 0 : reducedMotion() ? 1000 : 100);
  }

  draw() {
    if (!this.report) return;
    const { step, train, test, norms, dead, flat, diagnosis } = this.report;
    const points = [...this.points, this.newest];
    let column = 1;
    for (const chart of this.charts) {
      const next = column + chart.names.length;
      const drawn = points.map((point) => [point[0], ...point.slice(column, next)]);
      chart.draw(drawn, diagnosis === "nan");
      column = next;
    }
    const rows = [
      ["step", step],
      ["training loss", short(train)],
      ["test loss", short(test)],
      ...norms.map((norm, layer) => [`gradient norm, ${LAYERS[layer]}`, short(norm, 2)]),
      ...dead.map((share, layer) => [`dead units, ${LAYERS[layer]}`, percent(share)]),
      ["saturated outputs, layer 1", percent(flat)],
    ];
    const cells = ([name, value]) => [element("dt", {}, name), element("dd", {}, `${value}`)];
    this.numbers.replaceChildren(...rows.flatMap(cells));
  }
}

if (!customElements.get("training-lab")) customElements.define("training-lab", TrainingLab);
