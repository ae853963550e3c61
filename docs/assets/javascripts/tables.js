/** Let the keyboard scroll a table that is wider than its column. */
const tableSizes = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
});

document$.subscribe(() => {
  tableSizes.disconnect();
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    tableSizes.observe(box);
  }
});
