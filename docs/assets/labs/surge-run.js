/** <surge-run>: the landing page's network and its curve, as they learn. */

import { fetchJson } from "./files.js";
import { Scatter } from "./scatter.js";
import { Lab, element, legendKey, setAttributes, svg } from "./lab.js";
import { NetworkPicture } from "./network-picture.js";
import { EPOCHS, KILOMETRES, STEPS, SurgeTraining, TRAFFIC, truth } from "./surge.js";

const DURATION = 9000; // milliseconds, slow at first
const WORK = 6; // milliseconds of a frame for steps
const KEPT = { 0: "before training", 5: "after 5 passes" };

class SurgeRun extends Lab {
  build(panel) {
    const narrow = this.parentElement.clientWidth < 480;
    const size = narrow ? { width: 150, height: 230, texts: false } : { width: 330, height: 330 };
    const names = { inputs: ["distance", "traffic", "prep", "value"], outputs: ["minutes"] };
    this.picture = new NetworkPicture({ sizes: [4, 8, 4, 1], ...names, ...size });
    const label = "A network of 4 inputs, layers of 8 and 4 units, and 1 output: weights, activations and gradients.";
    setAttributes(this.picture.drawing, { role: "img", "aria-label": label });
    this.chart = new Scatter({ caption: [element("strong", {}, `Minutes for ${KILOMETRES} km. `)] });
    this.chart.setAxes([1, 10], [55, 120], "traffic score");
    this.kept = Object.fromEntries(
      Object.keys(KEPT).map((epoch) => [epoch, svg("path", { class: `surge-kept surge-${epoch}` })]),
    );
    const band = svg("path", { class: "surge-truth", d: `M${this.chart.points(TRAFFIC, TRAFFIC.map(truth)).join("L")}` });
    this.chart.line.before(band, ...Object.values(this.kept));
    const key = (name, kind) => legendKey(name, svg("path", { class: kind, d: "M0 5H28" }));
    const keys = Object.entries(KEPT).map(([epoch, name]) => key(name, `surge-kept surge-${epoch}`));
    this.chart.figure.querySelector("figcaption").append(
      element("span", { class: "surge-keys" }, key("the truth", "surge-truth"), ...keys, key("now", "scatter-line")),
    );
    this.numbers = element("p", { class: "surge-numbers", role: "status", "aria-live": "off" });
    panel.classList.add("surge");
    setAttributes(panel, { role: "group", "aria-label": "A network learns" });
    panel.append(element("div", { class: "surge-network" }, this.picture.drawing), this.chart.figure, this.numbers);
    this.restart();
  }

  reveal() {
    super.reveal();
    this.parentElement.dataset.shown = "";
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    super.disconnectedCallback();
  }

  restart() {
    this.training = new SurgeTraining(this.recorded, this.first);
    for (const line of Object.values(this.kept)) line.setAttribute("d", "");
    this.time = 0;
    this.draw();
  }

  toggle() {
    if (this.frame) this.pause("Go on");
    else {
      if (this.training.ended) this.restart();
      this.watch.textContent = "Pause";
      this.numbers.setAttribute("aria-live", "off");
      this.last = undefined;
      this.frame = requestAnimationFrame((now) => this.next(now));
    }
  }

  /** Stop, and let a screen reader say where. */
  pause(offer) {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.watch.textContent = offer;
    this.numbers.setAttribute("aria-live", "polite");
    this.write();
  }

  next(now) {
    this.time += Math.min(50, now - (this.last ?? now));
    this.last = now;
    const due = EPOCHS * STEPS * Math.min(1, this.time / DURATION) ** 2;
    while (this.training.steps < due && performance.now() - now < WORK) this.advance();
    this.draw();
    if (this.training.ended) this.pause("Watch again");
    else this.frame = requestAnimationFrame((then) => this.next(then));
  }

  advance() {
    this.training.step();
    const { steps, epoch } = this.training;
    if (steps === epoch * STEPS && epoch in this.kept) this.keep(epoch);
  }

  keep(epoch) {
    this.kept[epoch].setAttribute("d", `M${this.chart.points(TRAFFIC, this.training.curve()).join("L")}`);
  }

  draw() {
    if (!this.training.steps) this.keep(0);
    this.picture.draw(this.training.picture());
    this.chart.drawLine(TRAFFIC, this.training.curve());
    this.write();
  }

  write() {
    const { epoch } = this.training;
    const loss = this.training.loss().toFixed(3);
    this.numbers.textContent = `pass ${epoch} of ${EPOCHS} over the data, loss ${loss}`;
    const minutes = this.training.curve();
    const at = (traffic) => `${Math.round(minutes[TRAFFIC.indexOf(traffic)])} at traffic ${traffic}`;
    this.chart.drawing.setAttribute("aria-label", `Minutes for ${KILOMETRES} km, predicted: ${[1, 6, 10].map(at).join(", ")}`);
  }
}

customElements.define("surge-run", SurgeRun);

/** Return the element, which says in the button's text what a press does next. */
export async function createRun(watch) {
  const run = new SurgeRun();
  [run.recorded, run.first] = await Promise.all(["deliveries.json", "surge.json"].map(fetchJson));
  run.watch = watch;
  return run;
}
