"""A real browser for tests: Chromium of the system or of playwright; without one the test is skipped and says so."""

import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def opened(path=None, javascript=True, width=1200, offline=True):
    """Yield a page of Chromium showing a file; what it tried to fetch is in `page.fetched`.

    offline    False lets it meet a server
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        program = (
            shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        )
        try:
            browser = started.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        except sync_api.Error as error:
            pytest.skip(f"no Chromium on this machine, so nothing was tried in a browser: {str(error)[:80]}")
        context = browser.new_context(
            offline=offline, java_script_enabled=javascript, viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        page.fetched, page.problems = [], []
        page.on("request", lambda request: page.fetched.append(request.url))
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        if path is not None:
            page.goto(path.as_uri())
        yield page
        browser.close()


def troubles(page, file):
    """Return what is wrong with a page for who cannot see it, by the rules of axe, and what it fetched or overflowed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.goto(file.as_uri())
    found = axe.Axe().run(page).response["violations"]
    told = [f"{v['id']}: {v['help']} ({n['html'][:120]})" for v in found for n in v["nodes"][:2]]
    told += [url for url in page.fetched if not url.startswith("file:")] + page.problems
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return told + (["wider than the window"] if wide else [])
