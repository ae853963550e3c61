"""The code of the course: one module a page."""
