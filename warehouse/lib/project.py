"""The dbt project: run in this process, with progress while it lasts and what broke at its end."""

import json
import sys
import time

from dbt.cli.main import dbtRunner

from lib.failure import Failure


class Project:
    """The project with what it must know of a run."""

    def __init__(self, order, target):
        self.order = order
        self.arguments = ["--project-dir", order["project"], "--profiles-dir", order["project"], "--quiet"]
        self.arguments += ["--target", target, "--vars", json.dumps(order["variables"])]
        self.manifest = invoke(["parse", *self.arguments]).result

    def names(self, kind):
        """Names of its nodes of a kind, such as model."""
        return sorted(node.name for node in self.manifest.nodes.values() if node.resource_type == kind)

    def columns(self):
        """Columns that are described, by model."""
        models = (node for node in self.manifest.nodes.values() if node.resource_type == "model")
        return {model.name: list(model.columns) for model in models}

    def build(self):
        """Builds all models and runs all checks; the first of what broke ends it."""
        started = time.monotonic()
        command = "build" if self.order["checks"] else "run"
        models, checks = len(self.names("model")), len(self.names("test")) if self.order["checks"] else 0
        progress = Progress(models + checks, self.order["quiet"])
        done = invoke([command, *self.arguments], manifest=self.manifest, callbacks=[progress.note])
        progress.end()
        broken = [result for result in done.result.results if result.status not in ("success", "pass")]
        if broken:
            raise Failure(Failure.LAW, "\n".join(describe(result) for result in broken if result.status != "skipped"))
        if not self.order["quiet"]:
            seconds = time.monotonic() - started
            print(f"{models} models built and {checks} checks passed in {seconds:.0f} s", file=sys.stderr)


def invoke(arguments, **given):
    done = dbtRunner(**given).invoke(arguments)
    if done.exception is not None:
        raise Failure(1, str(done.exception))
    return done


def describe(result):
    name = getattr(result.node, "name", "?")
    path = getattr(result.node, "original_file_path", "?")
    if result.status == "fail":
        return f"{name} does not hold: {result.failures} rows break it ({path})"
    return f"{name}: {result.message} ({path})"


class Progress:
    """A line that says what is being done, on a terminal only."""

    def __init__(self, total, is_quiet):
        self.total = total
        self.done = 0
        self.is_shown = sys.stderr.isatty() and not is_quiet

    def note(self, event):
        if event.info.name in ("LogModelResult", "LogTestResult"):
            self.done += 1
            self.show(event.data.node_info.node_name)

    def show(self, name):
        if self.is_shown:
            print(f"\r{self.done:>4} of {self.total}  {name[:60]:<60}", end="", file=sys.stderr, flush=True)

    def end(self):
        if self.is_shown:
            print("\r" + " " * 76 + "\r", end="", file=sys.stderr, flush=True)
