/** Settings of a laboratory in the address of its page. */

/** Say that the address asks for what the laboratory does not have. */
export function unusable(name, text, choice) {
  return `The address asks for ${name}=${text.slice(0, 40)}, which is ignored. The lab has ${choice}.`;
}

/**
 * Return the value, one of `values`, that a query's parameters ask for: a number however it
 * is written, a text to the letter. What cannot be used joins `problems`.
 */
export function readChoice(parameters, name, values, otherwise, problems) {
  const text = parameters.get(name);
  if (text === null) return otherwise;
  const isAsked = (each) => (typeof each === "string" ? each === text : text.trim() && each === Number(text));
  const value = values.find(isAsked);
  if (value === undefined) {
    const choice = values.length > 9 ? `${values[0]} to ${values.at(-1)}` : values.join(", ");
    problems.push(unusable(name, text, choice));
  }
  return value ?? otherwise;
}

/** Set those of a query's parameters that differ from the `usual` settings, and no others of them. */
export function writeChoices(parameters, settings, usual) {
  for (const [key, value] of Object.entries(usual)) {
    if (settings[key] === value) parameters.delete(key);
    else parameters.set(key, settings[key]);
  }
}

/** Let controls show the settings, by the places of their values in `fields`. */
export function showChoices(controls, settings, fields) {
  for (const [key, { values }] of Object.entries(fields)) {
    controls[key].value = values.indexOf(settings[key]);
  }
}

/** Put a query into the address of the page. */
export function replaceQuery(query) {
  history.replaceState(history.state, "", location.pathname + query + location.hash);
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
