/** Settings of a laboratory in the address of its page. */

/** Say that the address asks for what the laboratory does not have. */
export function unusable(name, text, choice) {
  return `The address asks for ${name}=${text.slice(0, 40)}, which is ignored. The lab has ${choice}.`;
}

/** Let a laboratory read its state from history, and from links that change only its page's query. */
export function followAddress(lab) {
  const { signal } = lab;
  const page = location.pathname;
  addEventListener("popstate", () => location.pathname === page && lab.readState(), { signal });
  const follow = (event) => {
    const link = event.target.closest("a[href]");
    if (link?.pathname !== page || [location.search, ""].includes(link.search)) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation(); // Material would go back in history
    history.pushState(null, "", link.href);
    lab.readState();
    lab.scrollIntoView();
  };
  document.addEventListener("click", follow, { capture: true, signal });
}
