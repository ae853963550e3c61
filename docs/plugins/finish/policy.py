"""A Content-Security-Policy for every page of a built site.

The theme has inline scripts. The policy names each by its hash, so that no other inline
script runs. One policy serves all pages: instant navigation keeps that of the page it
began with.
"""

import base64
import hashlib

from lxml import html

from docs.plugins.finish.built import Site, SiteError

EXECUTED = {None, "", "module", "text/javascript", "application/javascript"}
CHARSET = '<meta charset="utf-8">'
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


def add(site: Site) -> None:
    """Put the policy into the head of every HTML file.

    Raises
    ------
    SiteError
        If a page has no place for it, or has a policy already.

    """
    hashes = {digest for text in site.texts.values() for digest in _hashes(text)}
    tag = _tag(sorted(hashes))
    for file, text in site.texts.items():
        if text.count(CHARSET) != 1 or "Content-Security-Policy" in text:
            raise SiteError(f"{file} has no place for its policy, or has one already")
        site.texts[file] = text.replace(CHARSET, CHARSET + tag)


def _tag(hashes: list[str]) -> str:
    sources = DIRECTIVES | {"script-src": " ".join([DIRECTIVES["script-src"], *hashes])}
    policy = "; ".join(f"{name} {value}" for name, value in sources.items())
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _hashes(text: str) -> list[str]:
    scripts = html.document_fromstring(text).iter("script")
    return [
        _hash(script.text or "")
        for script in scripts
        if script.get("src") is None and script.get("type") in EXECUTED
    ]


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
