/**
 * Load what makes the page's elements work, and only that: the laboratories, the finder of messages, the blocks
 * that run. From a folder a browser loads no modules: there the figures that stand in for the laboratories stay.
 */
{
  const names = [
    "neuron-lab",
    "activation-lab",
    "backpropagation-lab",
    "training-lab",
    "shapes-lab",
    "own-data-lab",
    "surge-lab",
    "message-finder",
    "../live/live-blocks",
  ];

  const loadLabs = () => {
    for (const name of names) {
      if (document.querySelector(name.split("/").at(-1))) import(`./${name}.js`);
    }
  };

  if (location.protocol !== "file:") document$.subscribe(loadLabs);
}
