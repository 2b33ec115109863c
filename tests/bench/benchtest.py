# Tests the measurements' own judgement: when they begin, what they call left over, and what is beyond an aim. Prints TAP.
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import versus  # noqa: E402
from figures import span  # noqa: E402
from measures import above_aim  # noqa: E402
from place import Place  # noqa: E402
from rivals import Load  # noqa: E402
from selftest import Tap  # noqa: E402

QUIET = {"calls": [], "channels": [{"channel": "e0/1", "state": "idle"}],
         "counters": [{"counter": "port pairs in use", "value": 0}, {"counter": "calls live", "value": 0}]}
LEFT = [
    ("nothing", {}, []),
    ("a call", {"calls": [{"call": 7, "sip": "UP", "isdn": "ACTIVE"}]}, ["call 7 still lives (UP, ACTIVE)"]),
    ("a channel", {"channels": [{"channel": "e0/1", "state": "busy"}]}, ["channel e0/1 is busy"]),
    ("ports", {"counters": [{"counter": "port pairs in use", "value": 3}]}, ["3 port pairs in use"]),
    ("a gateway that does not answer", {"calls": None}, ["tielinectl does not answer"]),
]


def pretend(folder, answers):
    """A tielinectl in FOLDER that has these ANSWERS."""
    path = os.path.join(folder, "tielinectl")
    for what, answer in answers.items():
        with open(os.path.join(folder, what), "w", encoding="ascii") as file:
            json.dump(answer, file)
    with open(path, "w", encoding="ascii") as file:
        file.write('#!/bin/sh\nfor what; do :; done\nexec cat "%s/$what"\n' % folder)
    os.chmod(path, 0o755)


def test_leftovers(tap):
    """Whatever a call holds is missed when it stays behind."""
    for name, answers, wanted in LEFT:
        with tempfile.TemporaryDirectory() as folder:
            pretend(folder, {**QUIET, **answers})
            place = Place(folder, 1)
            left = place.leftovers(0)
            shutil.rmtree(place.folder)
        tap.case(left == wanted, "left over: " + name, str(left))


def test_aims(tap):
    """A delay beyond the aim is told, median or not; so is one that nobody measured."""
    tap.case(above_aim("it", {"p50": 0.4, "p99": 2.0}) == [], "a delay within the aim")
    told = above_aim("it", {"p50": 0.4, "p99": 2.3})
    tap.case(told == ["it, p99: 2.3 ms, the aim is 2.0 ms"], "a delay beyond the aim", str(told))
    told = above_aim("it", {"p50": float("nan"), "p99": float("nan")})
    tap.case(len(told) == 2, "a delay that was not measured", str(told))
    for packet, depth, wanted in (("1ms", 4, 2), ("5ms", 8, 20), ("1ms", 3, 1)):
        place = Place("/nonexistent", 1, packet, depth)
        tap.case(place.buffer_ms() == wanted, "what %d packets of %s hold" % (depth, packet), str(place.buffer_ms()))
        shutil.rmtree(place.folder)


def test_beginning(tap):
    """Calls wait for links and RESTARTs."""
    up, idle = [{"d_channel": "up"}], QUIET["channels"]
    for name, spans, channels, wanted in (
            ("all is up", up, idle, True), ("a link is down", up + [{"d_channel": "down"}], idle, False),
            ("a link settles", [{"d_channel": "settling"}], idle, False),
            ("a RESTART is unanswered", up, idle + [{"channel": "e0/2", "state": "restarting"}], False)):
        with tempfile.TemporaryDirectory() as folder:
            pretend(folder, {**QUIET, "spans": spans, "channels": channels})
            place = Place(folder, 1)
            tap.case(bool(place.is_ready()) == wanted, "the beginning: " + name)
            shutil.rmtree(place.folder)


SIPP = "CallRate(C);SuccessfulCall(C);FailedCall(C);Retransmissions(C)\n100.5;10;0;0\n99.5;20;%d;%d\n"


def test_rivals(tap):
    """A load that failed, or had to be sent again, was too much; costs are compared within a round."""
    for failed, again in ((0, 0), (1, 0), (0, 2)):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(SIPP % (failed, again))
            file.flush()
            load = Load(file.name)
        tap.case((load.done, load.failed, load.sent_again, load.clean) == (20, failed, again, not failed and not again),
                 "a load with %d failures, %d sent again" % (failed, again))
    tap.case(span([3.0, 1.0, 2.0]) == {"min": 1.0, "median": 2.0, "max": 3.0}, "the least, the middle, the greatest")
    ours, theirs = versus.Turn(None, "", 0, 0), versus.Turn(None, "", 0, 0)
    ours.costs, theirs.costs = [1.0, 4.0, 9.0], [1.0, 2.0, 3.0]
    tap.case(versus.ratios(ours, theirs) == {"min": 1.0, "median": 2.0, "max": 3.0}, "ratios round by round")
    told = versus.above_aims({"calls": {"ratio": {"median": 1.5}, "aim": 1.4}, "registers kept": {"ratio": {"median": 2.0}, "aim": 2.0}})
    tap.case(told == ["calls: 1.50 times Kamailio's, the aim is 1.4"], "a ratio beyond its aim is told", str(told))


def main():
    tap = Tap()
    test_rivals(tap)
    test_beginning(tap)
    test_aims(tap)
    test_leftovers(tap)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
