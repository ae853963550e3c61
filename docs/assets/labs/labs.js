/** Load the laboratories that the page has, and only those. */

const NAMES = ["neuron-lab", "activation-lab", "backpropagation-lab", "training-lab"];

function loadLabs() {
  for (const name of NAMES) {
    if (document.querySelector(name)) import(`./${name}.js`);
  }
}

function followNavigation() {
  globalThis.document$?.subscribe(loadLabs);
}

loadLabs();
if (globalThis.document$) followNavigation();
else addEventListener("DOMContentLoaded", followNavigation, { once: true });
