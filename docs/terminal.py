"""Draws docs/terminal.svg, a run as a terminal shows it: python3 docs/terminal.py (needs tmux).

The screen is captured from a real terminal of 84 columns, once while the run goes on and once at its end.
"""

import html
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIRMISH = str(Path(sys.argv[1] if len(sys.argv) > 1 else "target/release/skirmish").resolve())
COLUMNS, ROWS = 84, 40
TMUX = ["tmux", "-L", "picture"]


def screen():
    text = subprocess.run([*TMUX, "capture-pane", "-t", "t", "-p", "-J"], check=True, capture_output=True, text=True).stdout
    return [line.rstrip() for line in text.splitlines()]


def percent(line):
    found = re.search(r" (\d+) %.*heartbeats/s", line)
    return int(found[1]) if found else -1


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([*TMUX, "new-session", "-d", "-s", "t", "-x", str(COLUMNS), "-y", str(ROWS), "-c", folder], check=True)
    try:
        bin_folder = str(Path(SKIRMISH).parent)
        keys = f"export PATH={bin_folder}:$PATH PS1='$ '; cd {folder}; clear; skirmish run million"
        subprocess.run([*TMUX, "send-keys", "-t", "t", keys, "Enter"], check=True)
        going = []
        while not any(percent(line) >= 40 for line in going):
            time.sleep(0.05)
            going = screen()
        while not any("Polars" in line for line in screen()):
            time.sleep(0.2)
        time.sleep(0.5)
        end = screen()
    finally:
        subprocess.run([*TMUX, "kill-server"], check=False)

progress = next(line for line in going if percent(line) >= 0)
first = next(n for n, line in enumerate(end) if line.startswith("million: "))
last = max(n for n, line in enumerate(end) if "polars" in line)
page = [line.replace(folder, "~") for line in end[first : last + 1]]
chopped = [line[at : at + COLUMNS] for line in page for at in range(0, max(len(line), 1), COLUMNS)]
lines = ["$ skirmish run million", progress, "", *chopped]
height = 20 * len(lines) + 44
out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" font-family="ui-monospace, Menlo, Consolas, monospace" '
    'font-size="14" role="img" aria-label="skirmish run million in a terminal: progress, tables written, lines to paste">',
    f'<rect width="800" height="{height}" rx="10" fill="#10181f"/>',
    *(f'<circle cx="{22 + 20 * n}" cy="18" r="6" fill="{colour}"/>' for n, colour in enumerate(["#ff5d5d", "#ffbd44", "#4bc27d"])),
]
for n, line in enumerate(lines):
    bold = ' font-weight="bold" fill="#ffffff"' if n == 3 else ' fill="#8fd3a8"' if n == 1 else ' fill="#c9d6e0"'
    out.append(f'<text x="16" y="{52 + 20 * n}" xml:space="preserve"{bold}>{html.escape(line)}</text>')
Path("docs/terminal.svg").write_text("\n".join(out) + "\n</svg>\n")
