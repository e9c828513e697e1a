"""Opens reports in a real browser at three widths, light, dark and printed: report_browser.py REPORT PICTURES."""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

report, pictures = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
pictures.mkdir(parents=True, exist_ok=True)
with sync_playwright() as playwright:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    for width in (1200, 768, 380):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            said, asked = [], []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(report.as_uri())
            assert not said, f"{width} {scheme}: the console says {said}"
            assert asked == [report.as_uri()], f"{width} {scheme}: requests {asked}"
            wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{width} {scheme}: {wide} pixels wider than the window"
            silent = page.evaluate(
                "[...document.querySelectorAll('svg')]"
                ".filter(chart => !chart.getAttribute('aria-label') && !chart.ariaHidden).length"
            )
            assert silent == 0, f"{silent} charts have no alternative"
            # The slider moves players, and counts the kills of the match at its end.
            slider = page.locator("#replay-beat")
            before = page.locator("#replay .player").evaluate_all("all => all.map(one => one.outerHTML).join()")
            last = slider.get_attribute("max")
            slider.evaluate("(one, last) => { one.value = last; one.dispatchEvent(new Event('input')); }", last)
            after = page.locator("#replay .player").evaluate_all("all => all.map(one => one.outerHTML).join()")
            kills = page.locator("#replay .kill").count()
            assert before != after, "nobody moves"
            assert page.locator("#replay-said").inner_text().endswith(f"{kills} kills so far")
            slider.evaluate("(one) => { one.value = 5; one.dispatchEvent(new Event('input')); }")
            page.screenshot(path=pictures / f"report-{width}-{scheme}.png")
            if (width, scheme) == (1200, "light"):
                page.screenshot(path=pictures / "report-whole.png", full_page=True)
            page.close()
    page = browser.new_page(color_scheme="dark")
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(255, 255, 255)", f"paper is white, not {colour}"
    page.pdf(path=pictures / "report.pdf", format="A4")
    browser.close()
