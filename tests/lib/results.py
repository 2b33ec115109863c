# Counts and tells the cases of a run, and remembers how every flow fared, by commit.
import json
import os
import threading

import build

FOLDER = os.path.join(build.BUILD, "results")


class Results:
    """tell() prints one case; the flows' outcomes are written to build-test/results/COMMIT.json as
    they come."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lock = threading.Lock()
        self.path = os.path.join(FOLDER, build.commit() + ".json")
        self.flows = self.read()

    def read(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def tell(self, outcome, text, detail=""):
        """outcome: pass, fail or skip. Returns whether it is no failure."""
        with self.lock:
            self.passed += outcome == "pass"
            self.failed += outcome == "fail"
            self.skipped += outcome == "skip"
            print("%s  %s" % (outcome, text), flush=True)
            if detail:
                print(
                    "\n".join("        " + line for line in detail.rstrip().splitlines()),
                    flush=True,
                )
        return outcome != "fail"

    def remember(self, flow, switch, outcome):
        with self.lock:
            self.flows["%s %s" % (flow, switch)] = outcome
            os.makedirs(FOLDER, exist_ok=True)
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(self.flows, file, indent=1, sort_keys=True)
            os.replace(self.path + ".new", self.path)

    def last_line(self):
        return "%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped)
