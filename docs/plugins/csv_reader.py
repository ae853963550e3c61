"""Give the lab of the reader's own data what reads CSV files, Papa Parse.

MkDocs loads this file as a hook. `make live` installs the package; without it the lab
says what is missing.
"""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.plugins.pages import ROOT

PACKAGE = ROOT / ".cache" / "live" / "node_modules" / "papaparse"
FILES = {"papaparse.min.js": "papaparse.min.js", "LICENSE": "papaparse-licence.txt"}
ELEMENT = "<own-data-lab"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add Papa Parse and its licence to the site."""
    if PACKAGE.is_dir():
        for source, name in FILES.items():
            path = f"assets/labs/{name}"
            files.append(
                File.generated(config, path, abs_src_path=str(PACKAGE / source))
            )
    return files


def on_page_content(html: str, **_options: object) -> str:
    """Tell the lab that it is there."""
    if not PACKAGE.is_dir():
        return html
    return html.replace(ELEMENT, f"{ELEMENT} data-parser")
