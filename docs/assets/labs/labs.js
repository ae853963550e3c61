/**
 * Load the laboratories, and the finder of messages, that the page has, and only those. From a folder a browser
 * loads no modules: there the figures that stand in for them stay.
 */
{
  const names = [
    "neuron-lab",
    "activation-lab",
    "backpropagation-lab",
    "training-lab",
    "message-finder",
  ];

  const loadLabs = () => {
    for (const name of names) {
      if (document.querySelector(name)) import(`./${name}.js`);
    }
  };

  if (location.protocol !== "file:") document$.subscribe(loadLabs);
}
