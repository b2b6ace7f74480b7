"""Pages as people look at them: light and dark, on a phone and on a laptop. Whom a page keeps out is axe's to say.

`make screenshots` keeps a picture of each in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.services import ROOT

AXE = ROOT / "tests/client/node_modules/axe-core/axe.min.js"
WIDTHS = (360, 1280)
# In the dark there are other colours, and nothing else is another: the rules about them alone are asked again.
SCHEMES = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}

needs_axe = pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make client")


def look(page: Page, name: str, *, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What keeps somebody out of the page as it is now."""
    page.wait_for_load_state("networkidle")
    wrong = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            # Colours that have just been changed are on their way for a moment, and for ever in what is folded away.
            page.evaluate("document.getAnimations().forEach(each => each.finish())")
            kept(page, f"{name}-{scheme}-{width}")
            wrong += [f"{name}, {scheme}, at {width}: {found}" for found in violations(page, scheme)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name} at {width}: wider than the window")
    return wrong


def violations(page: Page, scheme: str = "light") -> list[str]:
    """What axe finds wrong, by rule and place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("options => axe.run(options).then(told => told.violations)", SCHEMES[scheme])
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def kept(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def named(address: str) -> str:
    """What a picture of it is called: without the ids."""
    return "-".join(part for part in re.split("[/?]", address.removeprefix("/admin")) if part and len(part) < 30)
