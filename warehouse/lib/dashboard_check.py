"""Tries the dashboard on a run: first its page alone, then in a real browser with pictures of it; for tests.

Takes the run's folder and, for the browser, a folder for pictures.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import duckdb
from playwright.sync_api import sync_playwright
from streamlit.testing.v1 import AppTest

from lib import run_folder
from lib.failure import Failure, run
from lib.run_folder import PROJECT

CHARTS = 6


def main():
    folder, *pictures = sys.argv[1:]
    check_page(folder)
    if pictures:
        check_in_browser(folder, Path(pictures[0]))
    return 0


def expect(condition, what):
    if not condition:
        raise Failure(Failure.LAW, what)


def check_page(folder):
    """The page without a browser: no exception after any choice, and an empty one says so."""
    sys.argv = ["app", folder]
    page = AppTest.from_file(str(PROJECT / "lib" / "dashboard_app.py"), default_timeout=120).run()
    expect(not page.exception, f"the page fails: {page.exception}")
    expect(len(page.subheader) == CHARTS, f"{len(page.subheader)} charts, not {CHARTS}")
    hours = page.metric[1].value
    regions = page.multiselect(key="regions")
    page = regions.set_value(regions.value[:1]).run()
    expect(not page.exception and page.metric[1].value != hours, "a region filters nothing")
    page = page.multiselect(key="regions").set_value([]).run()
    expect(not page.exception and "at least one region" in page.warning[0].value, "no region, and nothing is said")
    expect(not page.subheader, "no region, and charts all the same")
    page = page.multiselect(key="regions").set_value(regions.options).run()
    first = page.date_input(key="days").value[0]
    page = page.date_input(key="days").set_value((first, first)).run()
    expect(not page.exception and len(page.subheader) == CHARTS, "a single day fails")
    hours = page.metric[1].value
    with rebuilt(run_folder.find(folder).warehouse):
        page = page.run()
        expect(not page.exception and page.metric[1].value != hours, "a rebuilt warehouse is not seen")
    page = page.run()
    expect(not page.exception and page.metric[1].value == hours, "a warehouse that is back is not seen")
    page = AppTest.from_file(str(PROJECT / "lib" / "dashboard_app.py"), default_timeout=120)
    page.query_params["regions"] = "nowhere"
    page.query_params["from"] = "yesterday"
    page.run()
    expect(not page.exception and len(page.warning) == 1, "an address with nonsense fails")


@contextlib.contextmanager
def rebuilt(warehouse):
    """Another warehouse in the place of one, as a build puts it there: everybody plays twice as long."""
    kept, empty = warehouse.with_name("kept"), warehouse.with_name("empty")
    shutil.copyfile(warehouse, empty)
    with duckdb.connect(str(empty)) as opened:
        opened.execute("update players_by_day set seconds = 2 * seconds")
    shutil.copyfile(warehouse, kept)
    os.replace(empty, warehouse)
    try:
        yield
    finally:
        os.replace(kept, warehouse)


def check_in_browser(folder, pictures):
    """The page as a person sees it, light and dark: every chart drawn, nothing asked of another machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pictures.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "lib.dashboard_command", folder, "--port", str(port)]
    with (
        open(pictures / "server.log", "w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ, PYTHONPATH=str(PROJECT))) as server,
    ):
        try:
            wait_for(port)
            look(port, pictures)
        finally:
            server.terminate()


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Failure(Failure.LAW, "the dashboard did not start")


def look(port, pictures):
    asked = set()
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1400, "height": 1500}, color_scheme=scheme)
            page.on("request", lambda request: asked.add(request.url))
            page.goto(f"http://127.0.0.1:{port}")
            charts = page.locator("[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg")
            page.wait_for_function(
                "count => document.querySelectorAll(\"[data-testid='stVegaLiteChart']\").length === count",
                arg=CHARTS,
                timeout=120_000,
            )
            charts.last.wait_for()
            page.wait_for_timeout(2000)
            expect(page.locator("[data-testid='stException']").count() == 0, f"the page fails in {scheme}")
            page.screenshot(path=pictures / f"dashboard-{scheme}.png")
        browser.close()
    others = sorted(
        url
        for url in asked
        if not url.startswith((f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", "data:", "blob:"))
    )
    expect(not others, f"the page asked {others}")


if __name__ == "__main__":
    run(main)
