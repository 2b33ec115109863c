# tielined leaves: told twice to stop, it clears the calls that stand with cause 41, hears them out,
# and is gone with status 0.
import os
import signal
import stat
import time

import flow
import house
from namespace import wait_for
from stage import HERE

FLOW = os.path.join(HERE, "..", "house", "leaving.flow")
HELP = os.path.join(HERE, "..", "house", "leaving-help.flow")
PATIENCE = 6.5  # longer than the time of grace and the farewell after it


class Leaving(house.House):
    """The house whose daemon is told to go once its call stands."""

    def _await_peers(self):
        if not wait_for(lambda: self.desk.calls_up() == 1 == self.desk.busy_channels(), 10):
            self.fail("the call does not stand")
            return
        self._stop()
        time.sleep(0.3)
        if self.desk.ask("undrain") is not None:
            self.fail("undrain is taken while the daemon is on its way out")
        if self.daemon.status is not None or self.desk.calls_up() != 1:
            self.fail("the call did not outlive the first SIGTERM")
        self._stop()
        status = self.daemon.wait(time.monotonic() + 5)
        if status != 0:
            self.fail("tielined left with status %s" % status)
        super()._await_peers()

    def _stop(self):
        self.daemon.popen.send_signal(signal.SIGTERM)

    def check_books(self):
        """Nobody is left to ask."""

    def _close(self):
        if self.daemon and house.SANITIZER.search(self.daemon.tail(100000)):
            self.fail("a sanitizer speaks in the log of tielined")
        self.daemon = None if self.daemon and self.daemon.status == 0 else self.daemon
        super()._close()


class LeavingWithHelp(Leaving):
    """The same with a call for help, of which a program on the site is told."""

    def configuration(self):
        hook = self.path("hook")
        with open(hook, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nenv >> "%s.told"\nsleep 5\n' % hook)
        os.chmod(hook, stat.S_IRWXU)
        settings = super().configuration()
        settings["emergency"]["hook"] = hook
        return settings

    def _await_peers(self):
        if not wait_for(lambda: self.desk.calls_up() == 1 == self.desk.busy_channels(), 10):
            self.fail("the call does not stand")
            return
        self._check_hook()
        if self.desk.ask("hangup", "1") is not None:
            self.fail("tielinectl hangup takes a call for help without the word force")
        self._stop()
        time.sleep(PATIENCE)
        if self.daemon.status is not None or self.desk.calls_up() != 1:
            self.fail("the call for help did not outlive the time of grace")
        self._stop()
        status = self.daemon.wait(time.monotonic() + 5)
        if status != 0:
            self.fail("tielined left with status %s" % status)
        house.House._await_peers(self)

    def _check_hook(self):
        wanted = {
            "TIELINE_CALL": "C1",
            "TIELINE_NUMBER": "112",
            "TIELINE_CALLED": "112",
            "TIELINE_CALLER": "100",
            "TIELINE_ELIN": "5550",
            "TIELINE_TRUNK": "pbx",
            "DRILL": "no",
        }
        with open(self.path("hook.told"), encoding="utf-8") as file:
            told = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
        for name, value in wanted.items():
            if told.get(name) != value:
                self.fail("the hook is told %s='%s', not '%s'" % (name, told.get(name), value))
        if not told.get("TIELINE_SOURCE", "").startswith("127.0.0.11:"):
            self.fail("the hook is told TIELINE_SOURCE='%s'" % told.get("TIELINE_SOURCE"))


def run_help(build, name):
    """The Outcome."""
    with LeavingWithHelp(flow.read_flow(HELP).cases[0], "euroisdn", build, name) as one:
        return one.run()


def run(build, name):
    """The Outcome."""
    with Leaving(flow.read_flow(FLOW).cases[0], "euroisdn", build, name) as one:
        return one.run()
