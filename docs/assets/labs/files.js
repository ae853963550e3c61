/** Return the response for a file that lies beside the modules; throw an error if there is none. */
export async function fetchFile(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  return response;
}

/** Return what a JSON file beside the modules holds. */
export async function fetchJson(name) {
  return (await fetchFile(name)).json();
}
