/**
 * Load what makes the page's elements work, and only that: the blocks that run at once, a laboratory or the finder
 * of messages when less than a screen is left to it. From a folder a browser loads no modules: there the figures
 * that stand in for the laboratories stay.
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
  ];

  const load = (entries, observer) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      import(`./${target.localName}.js`);
    }
  };
  const nearby = new IntersectionObserver(load, { rootMargin: "100%" });

  const find = () => {
    nearby.disconnect();
    for (const lab of document.querySelectorAll(names.join())) nearby.observe(lab);
    if (document.querySelector("live-blocks")) import("../live/live-blocks.js");
  };

  if (location.protocol !== "file:") document$.subscribe(find);
}
