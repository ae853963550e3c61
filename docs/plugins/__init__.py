"""The site's own Python: read a page's blocks, math, figures, diagrams."""
