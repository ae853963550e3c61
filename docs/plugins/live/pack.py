"""Pack what runs Python in the browser: `make live`.

Everything third-party comes from the npm packages that package-lock.json pins. What a
start loads is packed as byte code, or each start would compile it, for two seconds. The
site build copies the pack into the site, in a folder named after its content.
"""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from docs.plugins.extract import imported
from docs.plugins.pages import ROOT

HERE = Path(__file__).parent
BROWSER = HERE / "browser"
SHARED = [ROOT / "tests" / "comparison.py"]
PYODIDE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm")
STANDARD_LIBRARY = "python_stdlib.zip"
NUMPY = "@emscripten-forge/numpy/pkg"
LIBRARY = "/lib/python311.zip/"
SITE_PACKAGES = "/lib/python3.11/site-packages/"
LICENCE = re.compile(r"^(numpy-.*/LICENSE.txt|numpy/random/LICENSE.md)$")
# NumPy without what no page imports: its tests, its compiler, its stubs.
LEFT_OUT = re.compile(
    r"(^|/)tests/|^numpy/(_pyinstaller|compat|distutils|doc|f2py|typing)/"
    r"|_tests\.|_simd\.|conftest|(?<!\.py)(?<!\.so)$"
)
# NumPy asks for backtrace() before it reuses a large temporary, and this Pyodide has
# none. A side module that returns 0, "unknown", in WebAssembly's binary format:
BACKTRACE = bytes.fromhex(
    "0061736d 01000000"  # magic number, version
    "00 0f 08 64796c696e6b2e30 01 04 00 00 00 00"  # dylink.0: no memory, no table
    "01 07 01 60 02 7f7f 01 7f"  # one type: two 32-bit numbers give one
    "03 02 01 00"  # one function of this type
    "07 0d 01 09 6261636b7472616365 00 00"  # exported as backtrace
    "0a 06 01 04 00 41 00 0b"  # its code: 0
)


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file that depends on nothing but its contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in sorted(contents):
            packed.writestr(zipfile.ZipInfo(name), contents[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def numpy_files(archive: Path) -> tuple[dict[str, bytes], bytes]:
    """Return NumPy's files by their paths in site-packages, and its licences."""
    files, licence = {}, b""
    with tarfile.open(archive) as packed:
        for member in packed:
            name = member.name.removeprefix(SITE_PACKAGES[1:])
            if LICENCE.search(name):
                licence += packed.extractfile(member).read()
            elif name.startswith("numpy/") and not LEFT_OUT.search(name):
                files[name] = packed.extractfile(member).read()
    if not (files and licence):
        raise ValueError(f"{archive} lacks NumPy or its licence")
    return files, licence


def byte_code(pyodide: Path, numpy: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the byte code of the modules that a start loads, by their paths there."""
    sources = [path.read_text("utf-8") for path in [*BROWSER.glob("*.py"), *SHARED]]
    names = sorted(imported(*sources) & sys.stdlib_module_names)
    command = ["node", str(HERE / "compile.mjs"), str(pyodide), "numpy", *names]
    compiled = subprocess.check_output(command, input=zipped(numpy))  # noqa: S603
    codes = json.loads(compiled)
    return {name: base64.b64decode(code) for name, code in codes.items()}


def with_byte_code(
    files: Mapping[str, bytes], folder: str, compiled: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return the files of a folder, with byte code where a source of it stands."""
    packed = {}
    for name, content in files.items():
        code = compiled.get(folder + name)
        packed[f"{name}c" if code else name] = code or content
    return packed


def pack(node_modules: Path, folder: Path) -> None:
    """Write the pack into `folder`, in one named after what it holds."""
    (archive,) = (node_modules / NUMPY).glob("*.tar.gz")
    numpy, numpy_licence = numpy_files(archive)
    pyodide = node_modules / "pyodide"
    with zipfile.ZipFile(pyodide / STANDARD_LIBRARY) as packed:
        library = {name: packed.read(name) for name in packed.namelist()}
    compiled = byte_code(pyodide, numpy)
    files = {name: (pyodide / name).read_bytes() for name in PYODIDE}
    lock = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
    lock["packages"] = {}  # they are on Pyodide's own host
    files["pyodide-lock.json"] = json.dumps(lock).encode()
    files[STANDARD_LIBRARY] = zipped(with_byte_code(library, LIBRARY, compiled))
    files["numpy.zip"] = zipped(with_byte_code(numpy, SITE_PACKAGES, compiled))
    files["backtrace.so"] = BACKTRACE
    files["licences/numpy.txt"] = numpy_licence
    for licence in (HERE / "licences").iterdir():
        files[f"licences/{licence.name}"] = licence.read_bytes()
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name])
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        file = folder / digest.hexdigest()[:8] / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
