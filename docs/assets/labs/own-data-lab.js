/** The lab of the reader's own data: a CSV file becomes a network, and leaves the browser only as a download. */

import { Chart } from "./chart.js";
import { button, define, element, format, pageAddress, reducedMotion, select, setAttributes, short, svg } from "./lab.js";
import { TYPES, counted } from "./own-data-table.js";
import { RunningLab, definitions } from "./running.js";

const STEPS = 2000; // of a run, until it is started again
const POINTS = 400; // of the chart
const HIDDEN = { none: [], 8: [8], "16, 8": [16, 8], "32, 16": [32, 16] };
const RATES = [0.001, 0.005, 0.02, 0.05, 0.2, 0.5];
const SEEDS = [0, 1, 2, 3, 4];
const PARTS = { train: "training", validation: "validation", test: "test" };
const GOALS = [".", ",", "category"]; // types of a column to predict
const SIZE = 216;
const MISSING = "Reading CSV files needs Papa Parse, which this copy of the site was built without: run `make live`, then build again.";

/** Return a CSV file of the course's deliveries, with a surge, gaps and the drivers' pay. */
export async function exampleFile() {
  const response = await fetch(new URL("deliveries.json", import.meta.url));
  const { rows } = await response.json();
  const lines = rows.map(([distance, traffic, prep, value, minutes], index) => {
    const vehicle = ["bike", "scooter", "car", "scooter"][(7 * index) % 4];
    const total = minutes + 1.5 * distance * Math.max(traffic - 6, 0) + (vehicle === "bike" ? 6 : 0);
    const cells = [1001 + index, distance.toFixed(1), traffic, index % 12 ? Math.round(prep) : "n/a", Math.round(value), vehicle];
    return [...cells, 10 * Math.round(0.3 * total), total.toFixed(1)].join(";").replaceAll(".", ",");
  });
  const text = ["order;distance;traffic;prep;value;vehicle;pay;minutes", ...lines].join("\n");
  return new File([text], "orders.csv");
}

function download(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  element("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}

function group(name, ...children) {
  return element("fieldset", { class: "own-part", hidden: true }, element("legend", {}, name), ...children);
}

function list(sentences) {
  return sentences.map((sentence) => element("li", {}, sentence));
}

function tableOf(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const lines = rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))),
  );
  return [element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...lines)];
}

class OwnDataLab extends RunningLab {
  build(panel) {
    this.number = 0;
    this.status = element("p", { class: "training-status", role: "status" });
    setAttributes(panel, { role: "group", "aria-label": "Lab of your own data" });
    if (!this.hasAttribute("data-parser")) {
      this.status.textContent = MISSING;
      panel.append(this.status);
      return;
    }
    panel.append(this.makeChooser(), this.status, this.makeColumns(), this.makeTraining(), this.makeTake());
    this.say("Choose a CSV file. It stays in this browser: nothing is sent anywhere.");
    this.acceptDrops(panel);
    this.startWorker(new URL("own-data-worker.js", import.meta.url), "classic");
    this.loadProgram();
  }

  makeChooser() {
    this.input = element("input", { id: `${this.localName}-file`, type: "file", accept: ".csv,.tsv,.txt,text/csv", disabled: true });
    this.input.addEventListener("change", () => this.input.files.length && this.open(this.input.files[0]));
    this.example = button("Take the course's orders", async () => this.open(await exampleFile()));
    this.example.disabled = true;
    const label = element("label", { for: this.input.id }, "CSV file, chosen or dropped here");
    return element("div", { class: "own-file" }, label, this.input, this.example);
  }

  makeColumns() {
    this.target = select({ label: "Predict", options: [], value: "", onChange: () => this.prepare() });
    this.columns = element("table", { class: "own-columns" });
    this.notes = element("ul", { class: "own-notes" });
    const frame = element("div", { class: "own-scroll", tabindex: 0, role: "group", "aria-label": "Columns" }, this.columns);
    this.columnsPart = group("The columns", this.target.row, frame, this.notes);
    return this.columnsPart;
  }

  makeTraining() {
    const again = () => this.reset("Settings changed: step 0.");
    const choice = (label, values, value) =>
      select({ label, options: values.map((each) => [each, `${each}`]), value, onChange: again });
    this.settings = {
      hidden: choice("Hidden units", Object.keys(HIDDEN).sort((one, other) => HIDDEN[one].length - HIDDEN[other].length), "16, 8"),
      rate: choice("Learning rate", RATES, 0.05),
      activation: select({ label: "Activation", options: [["relu", "ReLU"], ["tanh", "tanh"]], value: "relu", onChange: again }),
      seed: choice("Seed", SEEDS, 0),
    };
    const test = button("Open the test rows", () => this.send("open_test"));
    this.chart = new Chart({ title: "Loss", lines: ["training", "validation"], logarithmic: true });
    this.scores = element("table", { class: "own-scores" });
    this.findings = element("ul", { class: "own-findings" });
    this.trainingPart = group(
      "Train it, beside its baselines",
      element("div", { class: "training-settings" }, ...Object.values(this.settings).map(({ row }) => row)),
      this.makeButtons(test),
      element("div", { class: "training-charts" }, this.chart.figure, this.makePicture(), this.scores),
      element("p", { class: "own-heading" }, element("strong", {}, "The doctor's findings")),
      this.findings,
    );
    return this.trainingPart;
  }

  /** Predictions of validation rows against what was measured, or right answers by class. */
  makePicture() {
    this.line = svg("path", { class: "chart-grid" });
    this.points = svg("path", { class: "own-points" });
    const edge = svg("path", { class: "chart-edge", d: `M0 0V${SIZE}H${SIZE}` });
    this.drawing = svg("svg", { class: "chart own-picture", viewBox: `-4 -4 ${SIZE + 8} ${SIZE + 8}`, role: "img" }, edge, this.line, this.points);
    this.byClass = element("dl", { class: "training-numbers" });
    this.caption = element("strong", {});
    return element("figure", { class: "chart-figure" }, element("figcaption", {}, this.caption), this.drawing, this.byClass);
  }

  makeTake() {
    const ask = (what) => () => this.send("take", { what });
    this.takePart = group(
      "Take it with you",
      element(
        "div",
        { class: "lab-buttons" },
        button("The network, model.json", ask("model.json")),
        button("The program, predict.py", () => download("predict.py", this.program)),
        button("Its answers, predictions.csv", ask("predictions.csv")),
      ),
    );
    return this.takePart;
  }

  acceptDrops(panel) {
    panel.addEventListener("dragover", (event) => event.preventDefault());
    panel.addEventListener("drop", (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file && !this.input.disabled) this.open(file);
    });
  }

  async loadProgram() {
    const response = await fetch(new URL("predict.py", import.meta.url));
    if (!response.ok) throw new Error(`predict.py: status ${response.status}`);
    this.program = await response.text();
    this.admit();
  }

  receive({ kind, ...message }) {
    this[`on_${kind}`](message);
  }

  fail(message) {
    this.say(`The lab stopped: ${message}`);
  }

  send(command, options) {
    this.worker.postMessage({ command, ...options });
  }

  /** Take files once the worker is there, and everything it will need. */
  admit() {
    if (!this.isReady || !this.program) return;
    this.input.disabled = false;
    this.example.disabled = false;
  }

  on_ready() {
    this.isReady = true;
    this.admit();
  }

  open(file) {
    for (const part of [this.columnsPart, this.trainingPart, this.takePart]) part.hidden = true;
    this.name = file.name;
    this.setRunning(false);
    this.say(`Reading ${file.name}.`);
    this.send("open", { file });
  }

  on_progress({ share }) {
    if (share < 1) this.status.textContent = `Reading ${this.name}: ${Math.round(100 * share)} %`;
    else this.status.textContent = `Looking at the rows of ${this.name}.`;
  }

  on_refused({ command, text }) {
    this.status.dataset.diagnosis = "refused";
    this.trainingPart.hidden = true;
    this.takePart.hidden = true;
    if (command === "open") this.input.value = "";
    this.say(text);
  }

  on_table({ columns, notes }) {
    this.tableNotes = [...notes, ...columns.flatMap(({ note }) => note ?? [])];
    this.names = columns.map(({ name }) => name);
    this.target.replaceChildren(...this.names.map((name) => element("option", { value: name }, name)));
    this.target.value = (columns.findLast(({ type }) => GOALS.includes(type)) ?? columns.at(-1)).name;
    this.types = columns.map(({ name, type }) => this.typeSelect(name, type));
    const rows = columns.map(({ name, examples, missing, different }, index) => {
      const shown = examples.map((text) => text.trim().slice(0, 20)).join(" · ");
      const facts = [shown, counted(different, "value"), missing ? `${missing} missing` : undefined];
      return [name, element("span", {}, facts.filter(Boolean).join("; ")), this.types[index]];
    });
    this.columns.replaceChildren(...tableOf("What the training rows hold, and the type that is guessed", ["column", "holds", "type"], rows));
    this.columnsPart.hidden = false;
    this.prepare();
  }

  typeSelect(name, type) {
    const options = Object.entries(TYPES).map(([key, text]) => element("option", { value: key }, text));
    const made = element("select", { "aria-label": `Type of ${name}` }, ...options);
    made.value = type;
    made.addEventListener("change", () => this.prepare());
    return made;
  }

  prepare() {
    this.setRunning(false);
    this.say("Preparing the rows, and computing the baselines.");
    this.send("prepare", { settings: { target: this.target.value, types: this.types.map(({ value }) => value) } });
    this.notes.replaceChildren(...list(this.tableNotes));
  }

  on_prepared({ target, notes, findings, sizes, n_in, baselines }) {
    this.goal = target;
    this.dataFindings = findings;
    this.baselines = baselines;
    this.opened = 0;
    const parts = Object.entries(sizes).map(([part, n]) => `${n.toLocaleString("en")} for the ${PARTS[part]}`);
    this.notes.replaceChildren(...list([...this.tableNotes, ...notes, `Rows: ${parts.join(", ")}. Inputs: ${n_in}.`]));
    this.caption.textContent = target.task === "number" ? "Predicted (up) against measured, validation rows" : "Right answers by class, validation rows";
    this.drawing.toggleAttribute("hidden", target.task !== "number");
    this.byClass.hidden = target.task === "number";
    this.trainingPart.hidden = false;
    this.takePart.hidden = false;
    this.reset(`Ready to predict “${target.name}”, ${target.task === "number" ? "a number" : `one of ${target.classes.length} classes`}: press Start.`);
  }

  reset(message) {
    this.number += 1;
    this.history = [];
    this.testScore = undefined;
    this.setRunning(false);
    this.status.dataset.diagnosis = "none";
    this.say(message);
    const { hidden, rate, activation, seed } = this.settings;
    const settings = { hidden: HIDDEN[hidden.value], learningRate: Number(rate.value), activation: activation.value, seed: Number(seed.value) };
    this.send("reset", { settings, number: this.number });
  }

  go() {
    if (this.report?.failed) return;
    this.setRunning(true);
    this.say("Training.");
    this.send("run", { steps: STEPS });
  }

  pause() {
    this.send("pause");
  }

  step() {
    this.send("step");
  }

  on_report({ number, ...report }) {
    if (number !== this.number) return;
    const { step, train, validation, running } = report;
    if (step !== this.report?.step) this.testScore = undefined;
    this.report = report;
    this.newest = [step, train, validation];
    this.keep();
    if (step > 0) {
      if (!running) this.setRunning(false);
      if (!running || this.isSilent()) this.explain();
    }
    this.redraw(!running);
  }

  /** Keep a point, and of too many every second one. */
  keep() {
    this.history.push(this.newest);
    if (this.history.length > POINTS) this.history = this.history.filter((_point, index) => index % 2 === 0);
  }

  explain() {
    const { step, train, validation, score, findings } = this.report;
    this.status.dataset.diagnosis = findings[0]?.kind ?? "none";
    this.say(`Step ${step}: training loss ${short(train)}, validation loss ${short(validation)}; ${this.scoreName()} ${this.scoreText(score)}.`);
  }

  scoreName() {
    return this.goal.task === "number" ? "mean absolute error" : "right answers";
  }

  scoreText(score) {
    if (!Number.isFinite(score)) return "–";
    return this.goal.task === "number" ? short(score) : `${format(100 * score, 1)} %`;
  }

  on_test({ score }) {
    this.testScore = score;
    this.opened += 1;
    this.draw();
  }

  on_text({ name, text }) {
    download(name, text);
  }

  redraw(now) {
    if (this.later && !now) return;
    clearTimeout(this.later);
    const draw = () => {
      this.later = undefined;
      this.frame = requestAnimationFrame(() => this.draw());
    };
    this.later = setTimeout(draw, now ? 0 : reducedMotion() ? 1000 : 60);
  }

  draw() {
    const { shown, failed, score } = this.report;
    this.chart.draw([...this.history, this.newest], failed);
    if (this.goal.task === "number") this.drawPoints(shown);
    else this.countByClass(shown);
    const opened = this.opened > 0;
    const line = ({ name, validation, test }) => [name, this.scoreText(validation), ...(opened ? [this.scoreText(test)] : [])];
    const network = { name: "the network", validation: score, test: this.testScore };
    const unit = this.goal.task === "number" ? `Mean absolute error of “${this.goal.name}”` : "Right answers";
    const heads = ["who predicts", "validation", ...(opened ? ["test"] : [])];
    this.scores.replaceChildren(...tableOf(unit, heads, [...this.baselines, network].map(line)));
    this.tell();
  }

  tell() {
    const findings = [...this.dataFindings, ...this.report.findings];
    if (this.opened > 1) {
      const text = `You have opened the test rows ${this.opened} times. If you choose by them, they are validation rows, and the last number flatters.`;
      findings.push({ kind: "opened", text, page: "../chapters/judging-a-network" });
    }
    const key = JSON.stringify(findings);
    if (key === this.told) return;
    this.told = key;
    const items = findings.map(({ kind, text, page }) => {
      const address = pageAddress(page.startsWith("../") ? page.slice(3) : `errors/${page}`);
      return element("li", { "data-finding": kind }, `${text} `, element("a", { href: address }, "Read on"), ".");
    });
    this.findings.replaceChildren(...(items.length ? items : list(["Nothing so far."])));
  }

  drawPoints({ predicted, measured }) {
    const all = [...predicted, ...measured].filter(Number.isFinite);
    const [least, most] = [Math.min(...measured), Math.max(...measured)];
    const place = (value) => (SIZE * (value - least)) / (most - least || 1);
    const inside = (value) => Math.max(-2, Math.min(SIZE + 2, value));
    const dots = [...predicted].map((value, row) => {
      if (!Number.isFinite(value)) return "";
      return `M${place(measured[row]).toFixed(1)} ${inside(SIZE - place(value)).toFixed(1)}h0`;
    });
    this.points.setAttribute("d", dots.join(""));
    setAttributes(this.line, { d: `M0 ${SIZE}L${SIZE} 0` });
    const { std, mean } = this.goal;
    const ends = all.length ? `measured ${short(least * std + mean)} to ${short(most * std + mean)}` : "no rows";
    this.drawing.setAttribute("aria-label", `${this.caption.textContent}: ${ends}; ${this.scoreName()} ${this.scoreText(this.report.score)}`);
  }

  countByClass({ predicted, measured }) {
    const { classes } = this.goal;
    const counts = classes.map(() => [0, 0]);
    for (let start = 0; start < measured.length; start += classes.length) {
      const [answer, right] = [predicted, measured].map((numbers) => {
        const row = numbers.subarray(start, start + classes.length);
        return row.indexOf(Math.max(...row));
      });
      counts[right][1] += 1;
      if (answer === right) counts[right][0] += 1;
    }
    const rows = classes.map((name, index) => [name, counts[index].join(" of ")]);
    this.byClass.replaceChildren(...definitions(rows));
  }
}

define("own-data-lab", OwnDataLab);
