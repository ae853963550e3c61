/** A network that learns a table, a step at a time, beside its baselines, and a doctor who watches. */

import { TASKS, constantOutputs, leastSquares, scoreOf } from "./own-data-model.js";
import { backward, deadUnits, forward, takeRows, update } from "./network.js";
import { initialise, normalGenerator, permutation, randomGenerator } from "./random.js";

const BATCH = 64;
const MEASURED = 2000; // training rows of which the loss is computed
const SIMPLE = { hidden: [], activation: "relu", learningRate: 0.2, seed: 0 };
const SIMPLE_STEPS = 2000;

/** Mini-batch gradient descent on prepared data. */
export class Run {
  constructor(data, settings) {
    this.data = data;
    this.settings = settings;
    this.task = TASKS[data.target.task];
    this.random = randomGenerator(settings.seed);
    const { X, y } = data;
    const sizes = [X.train.columns, ...settings.hidden, y.train.columns];
    const start = { initialisation: "he", activation: settings.activation };
    this.network = initialise(sizes, start, normalGenerator(this.random));
    const some = [...Array(Math.min(MEASURED, X.train.rows)).keys()];
    this.parts = { train: [takeRows(X.train, some), takeRows(y.train, some)], validation: [X.validation, y.validation] };
    this.order = [];
    this.steps = 0;
    this.failed = false;
    this.best = Infinity;
    this.first = this.losses().train;
  }

  /** Take a step on the next mini-batch; a loss of NaN ends the run. */
  step(rows = this.nextRows()) {
    if (this.failed) return NaN;
    const { X, y } = this.data;
    const targets = takeRows(y.train, rows);
    const cache = forward(this.network, takeRows(X.train, rows));
    const loss = this.task.loss(cache.A.at(-1), targets);
    this.steps += 1;
    this.failed = Number.isNaN(loss);
    update(this.network, backward(this.network, cache, targets, this.task.gradient), this.settings.learningRate);
    return loss;
  }

  nextRows() {
    if (!this.order.length) this.order = permutation(this.data.X.train.rows, this.random);
    return this.order.splice(0, BATCH);
  }

  outputs(part) {
    return forward(this.network, this.data.X[part]).A.at(-1);
  }

  score(part) {
    return scoreOf(this.outputs(part), this.data.y[part], this.data.target);
  }

  losses() {
    const loss = ([X, y]) => (y.rows ? this.task.loss(forward(this.network, X).A.at(-1), y) : NaN);
    return { train: loss(this.parts.train), validation: loss(this.parts.validation) };
  }

  /** Return the losses, the validation score and outputs, and the doctor's findings. */
  measure(baselines) {
    const report = { step: this.steps, ...this.losses(), score: this.score("validation"), failed: this.failed };
    this.best = Math.min(this.best, report.validation);
    const cache = forward(this.network, this.parts.train[0]);
    const dead = deadUnits(this.network, cache).map((layer) => layer.filter(Boolean).length / layer.length);
    return { ...report, findings: this.examine(report, baselines, Math.max(0, ...dead)) };
  }

  /** Return the doctor's findings about the run: [{ kind, text, page }]. */
  examine({ train, validation, score }, baselines, dead) {
    if (this.failed || !Number.isFinite(train)) {
      const text = `The loss is no number any more, at step ${this.steps}. Lower the learning rate and reset.`;
      return [{ kind: "nan", text, page: "loss-is-nan" }];
    }
    const findings = [];
    const add = (kind, page, text) => findings.push({ kind, text, page });
    if (dead >= 0.7) add("dead", "nothing-is-learned", `${Math.round(100 * dead)} % of the units of a hidden layer are dead: they give 0 for every row. Lower the learning rate and reset.`);
    const epochs = (this.steps * BATCH) / this.data.X.train.rows;
    if (this.steps < 100 || epochs < 3) return findings;
    if (train > 0.98 * Math.min(this.first, baselines.constantLoss)) {
      add("flat", "nothing-is-learned", "The training loss has not fallen below that of the constant guess. Raise or lower the learning rate, or the columns know nothing of the target.");
    }
    if (this.best < 0.95 * validation && train < 0.7 * validation) {
      add("overfitting", "overfitting", "The training loss is far below the validation loss, which has been lower before: the network learns rows by heart. Take fewer units, fewer columns or more rows, or stop earlier.");
    }
    const [, simple] = baselines.rows;
    const isWorse = this.data.target.task === "number" ? score >= simple.validation : score <= simple.validation;
    if (isWorse) add("baseline", "../chapters/judging-a-network", `On the validation rows the network is no better than ${simple.name}. If it stays so, keep the simpler model.`);
    return findings;
  }
}

/** Return { constantLoss, rows } with each baseline's scores: [{ name, validation, test }]. */
export function baselinesOf(data) {
  const { X, y, target } = data;
  const scored = (name, outputs) => {
    const scores = ["validation", "test"].map((part) => [part, scoreOf(outputs(part), y[part], target)]);
    return { name, ...Object.fromEntries(scores) };
  };
  const constant = (part) => constantOutputs(X[part].rows, target);
  const constantLoss = target.task === "number" ? 1 : -target.shares.reduce((sum, share) => sum + share * Math.log(share || 1), 0);
  if (target.task === "number") {
    const line = leastSquares(X.train, y.train);
    const rows = [scored("the mean", constant), scored("least squares", (part) => forward(line, X[part]).A.at(-1))];
    return { constantLoss, rows };
  }
  const logistic = new Run(data, SIMPLE);
  for (let step = 0; step < SIMPLE_STEPS; step++) logistic.step();
  const largest = target.classes[target.shares.indexOf(Math.max(...target.shares))];
  return { constantLoss, rows: [scored(`always “${largest}”`, constant), scored("logistic regression", (part) => logistic.outputs(part))] };
}
