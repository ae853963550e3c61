"""Let Markdown stand inside the laboratories' elements, `<neuron-lab markdown>`."""

from markdown import Markdown
from markdown.extensions import Extension

ELEMENTS = (
    "neuron-lab",
    "activation-lab",
    "backpropagation-lab",
    "training-lab",
    "shapes-lab",
    "own-data-lab",
    "surge-lab",
    "message-finder",
)


class LabsExtension(Extension):
    """Name the laboratories' elements to md_in_html as blocks."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, the API's name
        """Register the elements."""
        md.block_level_elements.extend(ELEMENTS)


makeExtension = LabsExtension  # the name that Python-Markdown calls
