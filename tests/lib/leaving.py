# tielined leaves: told twice to stop, it clears the calls that stand with cause 41, hears them out,
# and is gone with status 0.
import os
import signal
import time

import flow
import house
from namespace import wait_for
from stage import HERE

FLOW = os.path.join(HERE, "..", "house", "leaving.flow")


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


def run(build, name):
    """The Outcome."""
    with Leaving(flow.read_flow(FLOW).cases[0], "euroisdn", build, name) as one:
        return one.run()
