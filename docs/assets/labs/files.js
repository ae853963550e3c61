/** Return what a JSON file beside the modules holds; throw an error if it does not come. */
export async function fetchJson(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  return response.json();
}
