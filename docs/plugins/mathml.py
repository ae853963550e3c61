"""Turn the LaTeX that Arithmatex marks into MathML while the site is built."""

from html import unescape
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML


class MathError(ValueError):
    """A formula that is not valid LaTeX."""


_converter = LatexToMathML(fancy_error=False)


def to_mathml(latex: str, display: bool) -> str:
    """Return a formula as MathML, in the style of a display or of a line of text.

    Raises MathError with the formula and the place of the mistake in it.
    """
    latex = latex.strip()
    try:
        return _converter.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise MathError(f"wrong formula {latex!r}: {error}") from error


class MathTreeprocessor(Treeprocessor):
    """Replace each Arithmatex element by MathML.

    Raises MathError for a formula that is not valid.
    """

    def run(self, root: Element) -> None:
        """Convert every formula below `root`."""
        for element in root.iter():
            if element.get("class") == "arithmatex":
                self._convert(element)

    def _convert(self, element: Element) -> None:
        wrapped = (element.text or "").strip()
        display = wrapped.startswith(r"\[")
        mathml = to_mathml(unescape(wrapped[2:-2]), display)
        element.set("class", "math-display" if display else "math")
        if display:
            element.set("tabindex", "0")
        element.text = self.md.htmlStash.store(mathml)


class MathExtension(Extension):
    """MathML at build time, after `pymdownx.arithmatex` with `generic: true`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, the API's name
        """Register the treeprocessor behind the inline patterns."""
        md.treeprocessors.register(MathTreeprocessor(md), "math", 15)


makeExtension = MathExtension  # the name that Python-Markdown calls
