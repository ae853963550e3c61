/**
 * Write the byte code of each module that some imports load, as this Python makes it:
 * node compile.mjs PYODIDE NAME ... < NUMPY.zip
 */

import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const COMPILED = `
import base64, importlib, json, marshal, sys
from importlib.util import MAGIC_NUMBER

UNCHECKED = (1).to_bytes(4, "little") + bytes(8)  # the source stays as it is: PEP 552
for name in names:
    importlib.import_module(name)
specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
compiled = {
    spec.origin: MAGIC_NUMBER + UNCHECKED + marshal.dumps(spec.loader.get_code(spec.name))
    for spec in specs
    if spec and (spec.origin or "").endswith(".py")
}
json.dumps({name: base64.b64encode(code).decode() for name, code in compiled.items()})
`;
const [pyodide, ...names] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
const extractDir = "/lib/python3.11/site-packages";
python.unpackArchive(new Uint8Array(await buffer(process.stdin)), "zip", { extractDir });
python.globals.set("names", python.toPy(names));
process.stdout.write(python.runPython(COMPILED));
