"""Finish a built site: `python -m docs.plugins.finish site`."""

import argparse
import sys
from pathlib import Path

from docs.plugins.finish import lighter, plain_pages, policy, print_page, styles
from docs.plugins.finish.built import Site, SiteError


def finish(folder: Path) -> None:
    """Join the style sheets, lighten; add the whole course, plain pages, the policy.

    Raises
    ------
    SiteError
        If the site is not built, or is finished already.

    """
    site = Site.read(folder)
    styles.join(site)
    lighter.lighten(site)
    print_page.add(site)
    plain_pages.add(site)
    policy.add(site)
    site.write()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.plugins.finish")
    parser.add_argument("folder", type=Path, help="the built site")
    try:
        finish(parser.parse_args().folder)
    except SiteError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
