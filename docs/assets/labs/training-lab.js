/** The training lab: watch the delivery network learn, break it, and mend it. */

import { followAddress, replaceQuery, showChoices } from "./address.js";
import { partWords } from "./chain-rule-words.js";
import { Chart } from "./chart.js";
import { button, define, element, pageAddress, reducedMotion, select, setAttributes, short, slider } from "./lab.js";
import { NetworkPicture, legend } from "./network-picture.js";
import { readout } from "./readout.js";
import { RunningLab, definitions } from "./running.js";
import { Scatter } from "./scatter.js";
import { CURVE_POINTS, LAYER_SIZES, TRAINING_ROWS } from "./training.js";
import {
  FAILURES,
  FIELDS,
  PRESETS,
  percent,
  presetOf,
  presetSettings,
  readQuery,
  settingsWords,
  writeQuery,
} from "./training-settings.js";

const STEPS = 2000; // of a run, until it is started again
const SINGLE_STEPS = 20; // at the start, each with a report
const POINTS = 400; // of a chart
const SPEEDS = { slow: 5, normal: 125, fast: 625 }; // steps a second
const REST = 100; // milliseconds between drawings of what stands below the network
const LAYERS = LAYER_SIZES.slice(1).map((_size, layer) => `layer ${layer + 1}`);
const INPUTS = ["distance", "traffic", "prep", "value"];
const UNITS = ["distance, km", "traffic, 1 to 10", "preparation, minutes", "value, rupees"];
const FIRST_LOOK = { layer: 0, from: 0, to: 4 };

/** Return [least, largest] of some numbers. */
const rangeOf = (numbers) => [Math.min(...numbers), Math.max(...numbers)];

class TrainingLab extends RunningLab {
  build(panel) {
    this.embedded = this.hasAttribute("preset");
    this.run = 0;
    this.pending = 0;
    this.drawnAt = this.restAt = 0;
    this.watched = FIRST_LOOK;
    this.status = element("p", { class: "training-status", role: "status" });
    this.numbers = element("dl", { class: "training-numbers" });
    this.controls = this.makeControls();
    this.charts = this.makeCharts();
    const speeds = Object.keys(SPEEDS).map((name) => [name, name]);
    this.speed = select({ label: "Speed", options: speeds, value: "normal" });
    const buttons = this.makeButtons(this.speed.row);
    buttons.classList.add("training-run");
    this.start.classList.add("training-start");
    const view = this.makeView();
    setAttributes(panel, { role: "group", "aria-label": "Training lab" });
    panel.append(
      buttons,
      view,
      this.readout.row,
      this.status,
      this.makePresets(),
      this.makeSettings(),
      element("div", { class: "training-charts" }, ...this.charts.map((c) => c.figure)),
      this.numbers,
    );
    if (this.embedded) {
      this.link = element("a", {}, "Open these settings in the training lab");
      panel.append(this.link);
    }
    this.startWorker(new URL("training-worker.js", import.meta.url));
    this.readState();
    if (!this.embedded) followAddress(this);
  }

  /** The network, and beside it what it predicts. */
  makeView() {
    this.picture = new NetworkPicture({ sizes: LAYER_SIZES, inputs: INPUTS, outputs: ["minutes"], height: 350 });
    this.readout = readout(this.signal);
    const label = `The network, ${LAYER_SIZES.join(" → ")}. The arrow keys walk from unit to line to unit.`;
    const hint = "Point at a unit or a line, tap it, or walk with the arrow keys: its numbers stand below.";
    const onLook = (part, stays) => this.look(part, stays);
    const place = this.picture.explore({ label, start: FIRST_LOOK, onLook });
    const figure = element("figure", { class: "training-network" }, place, legend(hint));
    this.predictions = new Scatter({ caption: [element("strong", {}, "Predicted against true.")] });
    const options = INPUTS.map((name, column) => [column, name]);
    const onChange = () => {
      this.drawAxes();
      this.drawPlots();
      this.drawWords();
    };
    this.input = select({ label: "Minutes by", options, value: 0, onChange });
    this.curve = new Scatter({ caption: [this.input.row] });
    this.curve.figure.classList.add("training-curve");
    return element("div", { class: "training-view" }, figure, this.predictions.figure, this.curve.figure);
  }

  makePresets() {
    const load = (name, state) => () => this.load(name(), state);
    const preset = () => this.broken ?? PRESETS[0];
    const mend = button("Fix it", load(preset, "mended"));
    this.breakers = {};
    if (this.embedded) {
      const breakIt = button("Break it", load(preset, "broken"));
      return element("div", { class: "lab-buttons" }, breakIt, mend);
    }
    for (const name of PRESETS) {
      this.breakers[name] = button(FAILURES[name].title, load(() => name, "broken"));
    }
    const group = { role: "group", "aria-label": "Break it", class: "lab-buttons training-breakers" };
    return element("div", group, element("strong", {}, "Break it:"), ...Object.values(this.breakers), mend);
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
    const grid = element("div", { class: "training-settings" }, ...rows);
    this.summary = element("span", { class: "training-summary" });
    const summary = element("summary", {}, "Settings: ", this.summary);
    return element("details", { class: "training-drawer" }, summary, grid);
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

  writeAddress() {
    if (this.link) {
      this.link.href = pageAddress("chapters/training-lab") + writeQuery(this.settings);
      return;
    }
    replaceQuery(writeQuery(this.settings, location.search));
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
    showChoices(this.controls, settings, FIELDS);
    this.summary.textContent = settingsWords(settings);
    const preset = presetOf(settings);
    this.broken = preset ?? this.broken;
    for (const [name, breaker] of Object.entries(this.breakers)) {
      breaker.setAttribute("aria-pressed", name === preset);
    }
    if (this.link) this.writeAddress();
    this.reset(message);
  }

  fail(message) {
    this.pending = 0;
    super.fail(message);
  }

  send(command, options) {
    this.pending += 1;
    this.worker.postMessage({ command, ...options });
  }

  reset(message) {
    this.run += 1;
    this.points = [];
    this.newest = undefined;
    this.stride = 1;
    this.report = undefined;
    this.fresh = this.plotsAreDue = false;
    this.rest = [];
    this.diagnosis = undefined;
    this.setRunning(false);
    this.status.dataset.diagnosis = "none";
    this.say(message || "Ready: press Start.");
    this.send("reset", { settings: this.settings, run: this.run, part: this.watched });
  }

  go() {
    if (this.report?.diagnosis === "nan") return;
    const steps = this.report?.step ?? 0;
    this.last = (Math.floor(steps / STEPS) + 1) * STEPS;
    this.earned = 0;
    this.trainedAt = performance.now();
    this.setRunning(true);
    this.say("Training.");
    this.schedule();
  }

  pause() {
    this.step(0);
  }

  step(steps = 1) {
    this.setRunning(false);
    this.send("train", { steps });
  }

  /** Ask for as many steps as the time since the last frame is worth. */
  train(now) {
    const rate = SPEEDS[this.speed.value];
    this.earned = Math.min(this.earned + (rate * (now - this.trainedAt)) / 1000, Math.max(1, rate / 10));
    this.trainedAt = now;
    if (this.pending || this.earned < 1) return;
    const { step } = this.report;
    const steps = step < SINGLE_STEPS ? 1 : Math.floor(this.earned);
    this.earned = Math.min(this.earned - steps, 1);
    this.send("train", { steps: Math.min(steps, this.last - step) });
  }

  setRunning(running) {
    super.setRunning(running);
    this.start.toggleAttribute("data-running", running);
  }

  /** Show the numbers of a part, and announce them if it was chosen to stay. */
  look(part, stays) {
    this.watched = part;
    this.announces = stays;
    this.send("look", { part });
  }

  receive(report) {
    this.pending = Math.max(0, this.pending - 1);
    if (report.run !== this.run) return;
    if (report.rows) {
      this.rows = report.rows;
      this.drawAxes();
    }
    const { step, diagnosis } = report;
    if (this.running && (diagnosis === "nan" || step >= this.last)) this.setRunning(false);
    this.report = report;
    this.keep([step, report.train, report.test, ...report.norms, ...report.dead]);
    if (step > 0) {
      if (this.isSilent() || !this.running || diagnosis !== this.diagnosis) this.explain(report);
      this.diagnosis = diagnosis;
    }
    this.fresh = true;
    this.schedule();
  }

  /** Keep a point, and of too many every second one. */
  keep(point) {
    if (point[0] === this.newest?.[0]) return;
    this.newest = point;
    if (point[0] % this.stride === 0) this.points.push(point);
    if (this.points.length <= POINTS) return;
    this.stride *= 2;
    this.points = this.points.filter(([step]) => step % this.stride === 0);
  }

  say(...parts) {
    const text = parts.map((part) => part.textContent ?? part).join("");
    if (text !== this.status.textContent) this.status.replaceChildren(...parts);
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

  schedule() {
    this.frame ??= requestAnimationFrame((now) => this.drawFrame(now));
  }

  /** A frame: the network, or then its predictions, and one of what changes less often. */
  drawFrame(now) {
    this.frame = undefined;
    if (this.running && this.report) this.train(now);
    const pace = reducedMotion() ? 1000 : 0;
    const isDue = (since, interval) => !this.running || now - since >= interval;
    if (this.plotsAreDue) {
      this.plotsAreDue = false;
      this.drawPlots();
    } else if (this.fresh && isDue(this.drawnAt, pace)) {
      this.fresh = false;
      this.drawnAt = now;
      this.picture.draw({ ...this.report, dead: this.report.deadUnits });
      this.plotsAreDue = true;
      const isFree = !this.running || !this.rest.length; // or a slow machine never draws the last ones
      if (isFree && isDue(this.restAt, Math.max(pace, REST))) {
        this.restAt = now;
        const charts = this.charts.map((_chart, index) => () => this.drawChart(index));
        this.rest = [() => this.drawReadout(), () => this.drawWords(), ...charts, () => this.drawNumbers()];
      }
    }
    if (this.report) this.rest.shift()?.();
    if (this.running || this.fresh || this.plotsAreDue || this.rest.length) this.schedule();
  }

  /** Set the axes of both plots: minutes, and the input that the reader chose. */
  drawAxes() {
    const column = Number(this.input.value);
    const columnOf = (rows, index) => rows.map((row) => row.at(index));
    const training = this.rows.slice(0, TRAINING_ROWS);
    const [minutes, inputs] = [columnOf(this.rows, -1), columnOf(training, column)];
    const [range, [low, high]] = [rangeOf(minutes), rangeOf(inputs)];
    this.truth = minutes.slice(TRAINING_ROWS);
    this.steps = Array.from({ length: CURVE_POINTS }, (_x, point) => low + ((high - low) * point) / (CURVE_POINTS - 1));
    this.predictions.setAxes(range, range, "true minutes");
    this.predictions.drawLine(range, range);
    this.curve.setAxes([low, high], range, UNITS[column]);
    this.curve.drawDots(inputs, minutes);
  }

  drawPlots() {
    const { predicted, curves } = this.report;
    const start = CURVE_POINTS * this.input.value;
    this.values = curves.slice(start, start + CURVE_POINTS);
    this.predictions.drawDots(this.truth, predicted);
    this.curve.drawLine(this.steps, this.values);
  }

  drawWords() {
    const { truth, values, steps } = this;
    const errors = truth.map((minutes, row) => Math.abs(minutes - this.report.predicted[row]));
    this.error = errors.reduce((sum, each) => sum + each) / errors.length;
    const ends = [0, CURVE_POINTS - 1].map((end) => `${short(values[end])} at ${short(steps[end])}`);
    this.predictions.say(`Test deliveries: off by ${short(this.error)} minutes on average.`);
    this.curve.say(`${ends.join(", ")}; the other inputs at their means.`);
  }

  drawReadout() {
    const { look } = this.report;
    const names = { sizes: LAYER_SIZES, inputs: INPUTS, activation: this.settings.activation };
    this.readout[this.announces ? "say" : "show"](...partWords(look.part, look, names));
    this.announces = false;
  }

  drawChart(index) {
    const points = [...this.points, this.newest];
    const chart = this.charts[index];
    const column = 1 + this.charts.slice(0, index).reduce((sum, { names }) => sum + names.length, 0);
    const drawn = points.map((point) => [point[0], ...point.slice(column, column + chart.names.length)]);
    chart.draw(drawn, this.report.diagnosis === "nan");
  }

  drawNumbers() {
    const { step, train, test, norms, dead, flat, back } = this.report;
    const rows = [
      ["step", step],
      ["training loss", short(train)],
      ["test loss", short(test)],
      ["off on average, minutes", short(this.error)],
      ...norms.map((norm, layer) => [`gradient norm, ${LAYERS[layer]}`, short(norm, 2)]),
      ...dead.map((share, layer) => [`dead units, ${LAYERS[layer]}`, percent(share)]),
      ["saturated outputs, layer 1", percent(flat)],
      ...back.map((units, layer) => [`∂L/∂z of the batch, ${LAYERS[layer]}`, short(Math.hypot(...units), 2)]),
    ];
    this.numbers.replaceChildren(...rows.map((row) => element("div", {}, ...definitions([row]))));
  }
}

define("training-lab", TrainingLab);
