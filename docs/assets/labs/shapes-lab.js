/** The lab of shapes: see what each hidden unit adds to a decision between two classes. */

import { followAddress, replaceQuery, showChoices } from "./address.js";
import { asSum, button, define, element, format, reducedMotion, select, setAttributes, short, uniqueId } from "./lab.js";
import { readout } from "./readout.js";
import { RunningLab, definitions } from "./running.js";
import { Board, UnitMap, inks, sign } from "./shapes-maps.js";
import { FIELDS, readQuery, writeQuery } from "./shapes-settings.js";
import { coordinate, trainingPoints } from "./shapes.js";

const STEPS = 1000; // of a run, until it is started again
const SPEEDS = { slow: 1, normal: 5, fast: 25 }; // steps for each picture
const REST = 100; // milliseconds between numbers and sums of a run
const FEWER = 1000; // milliseconds between pictures where less motion is asked for
const TOOLS = { dots: 1, triangles: 0, erase: undefined }; // their y
const KEYS = { 1: "dots", 2: "triangles", Delete: "erase", Backspace: "erase" };
const HELP =
  "Move over the map, or focus it and press the arrow keys (with Shift, five places at once), to read the sum at a place.";
const HOW_TO_DRAW =
  "Click, tap or drag on the map. With the keyboard: the arrow keys move the cross, 1 draws a dot, 2 a triangle, Delete takes a point away.";

const percent = (share) => `${short(100 * share, 3)} %`;

class ShapesLab extends RunningLab {
  build(panel) {
    this.asked = this.restAt = 0;
    this.controls = Object.fromEntries(
      Object.entries(FIELDS).map(([key, { label, values, texts = values }]) => {
        const options = values.map((value, index) => [index, texts[index]]);
        const onChange = (index) => this.change({ [key]: values[index] });
        return [key, select({ label, options, value: 0, onChange })];
      }),
    );
    this.board = new Board({
      label: "Decision map",
      keys: KEYS,
      onMove: () => this.explainPlace(),
      onPlace: (column, row, tool) => this.place(column, row, tool),
    });
    const help = element("p", { id: uniqueId(), class: "shapes-help" }, HELP);
    this.board.element.setAttribute("aria-describedby", help.id);
    this.layers = element("div", { class: "shapes-layers" });
    this.status = element("p", { class: "shapes-status", role: "status" });
    this.numbers = element("dl", { class: "shapes-numbers" });
    this.sum = readout(this.signal);
    const speeds = Object.keys(SPEEDS).map((name) => [name, name]);
    this.speed = select({ label: "Speed", options: speeds, value: "normal" });
    const { shape, ...others } = this.controls;
    const rows = Object.values(others).map(({ row }) => row);
    const settings = element("div", { class: "shapes-settings" }, ...rows);
    const left = element("div", {}, this.legend(), this.board.element, help, this.sum.row);
    const right = element("div", {}, this.layers, this.status, this.numbers, settings);
    setAttributes(panel, { role: "group", "aria-label": "Lab of shapes" });
    panel.append(
      element("div", { class: "shapes-top" }, shape.row, this.makeButtons(this.speed.row)),
      this.makeTools(),
      element("div", { class: "shapes-stage" }, left, right),
    );
    this.frame = requestAnimationFrame(() => this.begin());
    return new Promise((resolve) => Object.assign(this, { complete: resolve }));
  }

  begin() {
    this.startWorker(new URL("shapes-worker.js", import.meta.url));
    this.readState();
    followAddress(this);
    this.followColours();
  }

  makeTools() {
    const name = uniqueId();
    this.tools = Object.keys(TOOLS).map((tool, index) =>
      element("input", { type: "radio", name, value: tool, id: uniqueId(), checked: index === 0 }),
    );
    const labelled = this.tools.map((input) =>
      element("span", { class: "shapes-tool" }, input, element("label", { for: input.id }, input.value)),
    );
    const clear = button("Take all points away", () => this.change({ points: [] }));
    this.drawing = element(
      "fieldset",
      { class: "shapes-tools", hidden: true },
      element("legend", {}, "Draw"),
      ...labelled,
      clear,
      element("p", {}, HOW_TO_DRAW),
    );
    return this.drawing;
  }

  legend() {
    const entry = (kind, text) => element("span", {}, sign(kind), text);
    const words = [entry("dot", "dot, z above 0"), entry("triangle", "triangle, z below 0: striped"), entry("ring", "wrong")];
    return element("p", { class: "shapes-legend" }, element("strong", {}, "The decision"), ...words);
  }

  // Settings and the address

  readState() {
    const { settings, problems } = readQuery(location.search);
    this.apply(settings, problems.join(" "));
  }

  /** Ask for other pictures when the page becomes light or dark. */
  followColours() {
    const observer = new MutationObserver(() => this.ask({}));
    observer.observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
    this.signal.addEventListener("abort", () => observer.disconnect());
  }

  change(changes, message = "Settings changed: step 0.") {
    const goesOn = this.running;
    this.apply({ ...this.settings, ...changes }, message);
    replaceQuery(writeQuery(this.settings, location.search));
    if (goesOn) this.go();
  }

  apply(settings, message) {
    this.settings = settings;
    showChoices(this.controls, settings, FIELDS);
    this.drawing.hidden = settings.shape !== "own";
    this.board.setPoints(trainingPoints(settings));
    this.makeMaps();
    this.reset(message);
  }

  makeMaps() {
    const { depth, units } = this.settings;
    const rows = depth ? Array.from({ length: depth }, (_none, layer) => [`Layer ${layer + 1}`, units]) : [["Inputs", 2]];
    this.maps = rows.map(([name, count]) =>
      Array.from({ length: count }, (_none, unit) => new UnitMap(depth ? `${name}, unit ${unit + 1}` : `x${"₁₂"[unit]}`)),
    );
    this.bias = element("span");
    const sum = [" times the weights: these maps and the bias ", this.bias, " add up to the decision"];
    const parts = rows.map(([name], layer) => {
      const words = layer === rows.length - 1 ? sum : [": what each unit gives"];
      const title = element("p", {}, element("strong", {}, name), ...words);
      return element("div", {}, title, element("div", { class: "shapes-units" }, ...this.maps[layer].map((map) => map.figure)));
    });
    this.layers.replaceChildren(...parts);
  }

  /** Draw a point at a place or take it away, by the tool or what a key stands for. */
  place(column, row, tool = this.tools.find((input) => input.checked).value) {
    if (this.settings.shape !== "own") return;
    const { points } = this.settings;
    const others = points.filter((point) => point[0] !== column || point[1] !== row);
    const y = TOOLS[tool];
    const isHere = points.some((point) => point[0] === column && point[1] === row && point[2] === y);
    if (isHere || (y === undefined && others.length === points.length)) return;
    const drawn = y === undefined ? others : [...others, [column, row, y]];
    const counts = [1, 0].map((kind) => drawn.filter((point) => point[2] === kind).length);
    this.change({ points: drawn }, `${counts[0]} dots, ${counts[1]} triangles.`);
  }

  // The run

  /** Ask the worker for steps, after a start from `settings` if there are some. */
  ask(request) {
    this.asked += 1;
    this.worker.postMessage({ id: this.asked, steps: 0, inks: inks(), ...request });
  }

  fail(message) {
    super.fail(message);
    this.complete();
  }

  reset(message) {
    this.setRunning(false);
    cancelAnimationFrame(this.frame);
    this.report = undefined;
    this.say(message || "Ready: press Start.");
    this.ask({ settings: this.settings });
  }

  /** Tell whether there is something to learn, or say that there is not. */
  ready() {
    const kinds = new Set(this.settings.points.map((point) => point[2]));
    const isReady = this.settings.shape !== "own" || kinds.size === 2;
    if (!isReady) this.say("Draw some dots and some triangles first.");
    return isReady;
  }

  go() {
    if (!this.ready()) return;
    this.setRunning(true);
    this.say("Training.");
    this.last = (Math.floor((this.report?.steps ?? 0) / STEPS) + 1) * STEPS;
    this.ask({});
  }

  pause() {
    this.setRunning(false);
    if (!this.report) return;
    this.explain(this.report);
    this.drawRest();
  }

  step() {
    if (this.ready()) this.ask({ steps: 1 });
  }

  receive(report) {
    if (report.id !== this.asked) return;
    this.report = report;
    if (this.running && report.steps >= this.last) this.setRunning(false);
    if (report.steps && (this.isSilent() || !this.running)) this.explain(report);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
    if (!this.running) return;
    const isCalm = reducedMotion();
    const pictures = isCalm ? Math.round((60 * FEWER) / 1000) : 1;
    const steps = Math.min(pictures * SPEEDS[this.speed.value], this.last - report.steps);
    const next = () => this.running && report.id === this.asked && this.ask({ steps });
    clearTimeout(this.later);
    if (isCalm) this.later = setTimeout(next, FEWER);
    else requestAnimationFrame(next);
  }

  // What the reader sees

  explain({ steps, seen, unseen, idle }) {
    const judged = ({ right, rows }) => `${right} of ${rows}`;
    const sentences = [`Step ${steps}: loss ${short(seen.loss)}, ${judged(seen)} points right`];
    if (unseen) sentences.push(`, ${judged(unseen)} unseen ones`);
    const off = idle.flat().filter(Boolean).length;
    sentences.push(off ? `. ${off} hidden ${off === 1 ? "unit is" : "units are"} off for every point.` : ".");
    this.say(sentences.join(""));
  }

  draw() {
    const { layers, pictures, seen, weights, bias, idle } = this.report;
    this.bias.textContent = format(bias);
    pictures.units.forEach((units, layer) => {
      const isLast = layer === layers.length - 1;
      units.forEach((pixels, unit) => {
        const weight = isLast ? `× ${format(weights[unit])}` : `${unit + 1}`;
        this.maps[layer][unit].show(pixels, idle[layer]?.[unit] ? `${weight}, off` : weight);
      });
    });
    this.board.show(pictures.board, pictures.line, seen.wrong);
    if (!this.running || performance.now() - this.restAt >= REST) this.drawRest();
    if (this.panel.hidden) requestAnimationFrame(this.complete);
  }

  /** Show what need not change with each picture. */
  drawRest() {
    this.restAt = performance.now();
    this.showNumbers();
    this.explainPlace();
  }

  showNumbers() {
    const { steps, seen, unseen } = this.report;
    const share = ({ right, rows }) => (rows ? percent(right / rows) : "none");
    const loss = (judged) => (judged.rows ? short(judged.loss) : "none");
    const rows = [
      ["step", steps],
      ["loss", loss(seen)],
      ["points right", share(seen)],
      ...(unseen ? [["loss, unseen points", loss(unseen)], ["unseen points right", share(unseen)]] : []),
    ];
    this.numbers.replaceChildren(...definitions(rows));
  }

  /** Say how the decision at the cursor is a sum. */
  explainPlace() {
    if (!this.report) return;
    const { layers, decision, bias } = this.report;
    const { column, row, index } = this.board;
    const terms = [...layers.at(-1).map((map) => map[index]), bias];
    const z = decision[index];
    const answer = z > 0 ? "A dot" : z < 0 ? "A triangle" : "Neither";
    const p = 1 / (1 + Math.exp(-z));
    this.sum.say(
      `At x₁ = ${format(coordinate(column))}, x₂ = ${format(coordinate(row))}: z = ${asSum(terms)} = ${format(z)}`,
      `${answer}: the probability of a dot is ${format(100 * p, 1)} %.`,
    );
  }
}

define("shapes-lab", ShapesLab);
