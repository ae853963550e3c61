/** What the training lab says about a run, and which page explains it. */

import { short } from "./lab.js";
import { LAYER_SIZES } from "./training.js";

const LINKS = {
  nan: { page: "errors/loss-is-nan", title: "The loss is NaN" },
  equal: { page: "errors/zero-initialisation", title: "All weights start at zero" },
  saturated: {
    page: "errors/nothing-is-learned",
    hash: "raw-the-sigmoid-is-flat-where-it-stands",
    title: "Raw: the sigmoid is flat where it stands",
  },
  dying: {
    page: "errors/nothing-is-learned",
    hash: "dead-no-unit-is-ever-on",
    title: "Dead: no unit is ever on",
  },
  vanishing: {
    page: "errors/nothing-is-learned",
    hash: "measure-it",
    title: "Nothing is learned: measure it",
  },
  slow: {
    page: "errors/nothing-is-learned",
    hash: "slow-the-step-is-too-short",
    title: "Slow: the step is too short",
  },
  mean: {
    page: "errors/nothing-is-learned",
    hash: "look-alikes",
    title: "Nothing is learned: look-alikes",
  },
};

const percent = (share) => `${short(100 * share, 2)} %`;

const TEXTS = {
  nan: ({ step, lastFinite }) =>
    lastFinite.step > 0
      ? `NaN at step ${step}: the last finite loss was ${short(lastFinite.loss, 2)}, at step ${lastFinite.step}. Every step overshot further than the one before.`
      : `NaN at step ${step}, the first one.`,
  equal: ({ step }) =>
    `Step ${step}: all units of layer 1 have the same weights, so they get the same gradient and stay equal.`,
  saturated: ({ step, flat, norms }, { activation }) =>
    `Step ${step}: ${percent(flat)} of the first layer's outputs lie at the flat ends of ${activation}. The gradient norm is ${short(norms[0], 2)} in layer 1 and ${short(norms.at(-1), 2)} in layer 3.`,
  dying: ({ step, dead }) => {
    const layer = dead.indexOf(1);
    const what =
      layer >= 0
        ? `all ${LAYER_SIZES[layer + 1]} units of layer ${layer + 1} are dead: off for every row, so that no gradient passes them`
        : `${percent(Math.max(...dead))} of a layer's units are dead: off for every row`;
    return `Step ${step}: ${what}. What is left to learn is the output's bias.`;
  },
  vanishing: ({ step, arriving }) =>
    `Step ${step}: of the gradient at the output, ${percent(arriving)} arrives at layer 1.`,
  slow: ({ step, train, pace, first }) =>
    `The loss hardly moves: ${short(first, 4)} at the start, ${short(train, 4)} after ${step} steps. A step changes the weights by ${short(pace, 1)} of their size.`,
  mean: ({ step, train }) =>
    `Step ${step}: the training loss is ${short(train)}. Predicting the mean for every delivery gives 1.`,
};

/** Return { text, link } for a report of the worker; a healthy run has no link. */
export function explanation(report, settings) {
  const { diagnosis, step, train, test } = report;
  if (diagnosis) return { text: TEXTS[diagnosis](report, settings), link: LINKS[diagnosis] };
  return { text: `Step ${step}: training loss ${short(train)}, test loss ${short(test)}.` };
}
