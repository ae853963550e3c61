"""The step after the build, which any site generator's output can go through.

`python -m docs.plugins.finish site` adds what needs all built pages at once: the whole
course as one page, each page as plain Markdown, and a Content-Security-Policy.
"""
