# tielinectl selftest span: the span is out of service for the time of the check, whoever goes away
# meanwhile, back afterwards, and not checked while a call stands on it.
import os
import signal
import subprocess
import time

import flow
import house
from namespace import wait_for
from stage import HERE

FLOW = os.path.join(HERE, "..", "house", "span_check.flow")
STANDS = "tielinectl: 1 call stands on span e1: hang it up, or drain first\n"


class SpanCheck(house.House):
    """The house whose span is checked before its call, and whose operator would check it during
    the call."""

    def _await_line(self):
        super()._await_line()
        self._check_and_go_away()
        self._check_to_the_end()
        super()._await_line()

    def _begin(self, *words):
        return subprocess.Popen(
            self.desk.command + list(words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _d_channel(self):
        return self.desk.ask("show", "spans")[0]["d_channel"]

    def _check_and_go_away(self):
        operator = self._begin("selftest", "span", "e1")
        if not wait_for(lambda: self._d_channel() == "out of service", 2, 0.1):
            self.fail("the span is not out of service while it is checked")
        if not self.desk.out_of_service("e1/1"):
            self.fail("its channels are not")
        operator.kill()
        operator.communicate()
        self.daemon.popen.send_signal(signal.SIGHUP)
        if not wait_for(self.desk.lines_up, 10):
            self.fail("the span does not come back into service")

    def _check_to_the_end(self):
        """The PBX does not loop anything."""
        operator = self._begin("selftest", "span", "1")
        out, err = operator.communicate(timeout=20)
        if operator.returncode != 1 or err or "span e1: 0 of 30 channels good" not in out:
            self.fail("selftest ended with %d: %s%s" % (operator.returncode, out, err))
        if out.count("nothing came back") != 30:
            self.fail("a silent far end is not told so: " + out)

    def _await_peers(self):
        if not wait_for(lambda: self.desk.calls_up() == 1 == self.desk.busy_channels(), 10):
            self.fail("the call does not stand")
            return
        operator = self._begin("selftest", "span", "e1")
        out, err = operator.communicate(timeout=20)
        if operator.returncode != 1 or out or err != STANDS:
            self.fail("selftest under a call ended with %d: %s%s" % (operator.returncode, out, err))
        time.sleep(0.2)
        if not self.desk.lines_up() or self.desk.calls_up() != 1:
            self.fail("a refused selftest has touched the span or its call")
        super()._await_peers()


def run(build, name):
    """The Outcome."""
    with SpanCheck(flow.read_flow(FLOW).cases[0], "euroisdn", build, name) as one:
        return one.run()
