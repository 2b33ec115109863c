# In the guest: plays a list of cases, several at once, each on a pair of the driver's spans, and leaves its evidence.
#
# usage: play.py BUILD LIST OUT      LIST: a pickled list of (id, switch type, case)
#
# A line "played ID SECONDS" tells of each.
import os
import pickle
import resource
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

import config  # noqa: E402
from driver import WHOLE, Pair, keep_time  # noqa: E402
from guest_house import GuestHouse, Room  # noqa: E402

PAIRS = {"e1": 4, "t1": 1}
SAYING = threading.Lock()


def say(text):
    with SAYING:
        print(text, flush=True)


class Play:
    def __init__(self, name, switch, case):
        self.id, self.switch, self.case = name, switch, case
        self.line = config.line(self.switch)
        self.cuts = "line down" in self.case.pbx
        self.heavy = bool(case.audio or case.preludes)  # wants much of the processor

    def run(self, build, pair, room, out):
        folder, start = os.path.join(out, self.id), time.monotonic()
        try:
            with GuestHouse(self.case, self.switch, build, self.id, pair, room) as house:
                try:
                    house.play()
                finally:
                    house.end_watch()
                house.save(folder)
                house.outcome.failures.clear()  # nothing is to be kept here
        except Exception:
            say("broken %s: %s" % (self.id, traceback.format_exc().replace("\n", " | ")))
        say("played %s %.1f" % (self.id, time.monotonic() - start))


class Queue:
    """The cases that wait for a line. Those that cut it all go to one line, whose channels' numbers stay the same so: nobody
    else gives numbers back before the file WHOLE is there."""

    def __init__(self, plays):
        self.plays, self.lock = plays, threading.Lock()
        self.heavy = 0  # of those that are played now
        self.cuts = sum(play.cuts for play in plays)
        self.done(None)

    def done(self, play):
        with self.lock:
            self.cuts -= bool(play and play.cuts)
            self.heavy -= bool(play and play.heavy)
            if not self.cuts:
                open(WHOLE, "w", encoding="ascii").close()

    def take(self, line, cutter):
        with self.lock:
            fit = [play for play in self.plays if play.line == line and (cutter or not play.cuts)]
            fit = [play for play in fit if not (play.heavy and self.heavy)] or fit
            first = next((play for play in fit if play.cuts), fit[0] if fit else None)
            if first:
                self.heavy += first.heavy
                self.plays.remove(first)
            return first


def serve(queue, pair, cutter, build, out):
    room = Room("line-%s-%d" % (pair.key, os.getpid()))
    room.inhabit()
    while play := queue.take(pair.kind, cutter):
        play.run(build, pair, room, out)
        queue.done(play)
    room.leave()


def main():
    build, listed, out = sys.argv[1:4]
    with open(listed, "rb") as file:
        plays = [Play(*entry) for entry in pickle.load(file)]
    plays.sort(key=lambda play: -play.case.timeout)
    queue, threads = Queue(plays), []
    os.makedirs("/run/netns", exist_ok=True)
    wanted = {kind: sum(play.line == kind for play in plays) for kind in PAIRS}
    kinds = [kind for kind, count in PAIRS.items() for _ in range(min(count, wanted[kind]))]
    pairs = [Pair("%x" % number, kind) for number, kind in enumerate(kinds)]
    keep_time()
    for pair in pairs:
        pair.create()
    for number, pair in enumerate(pairs):
        threads.append(threading.Thread(target=serve, args=(queue, pair, kinds.index(pair.kind) == number, build, out)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for pair in reversed(pairs):
        pair.destroy()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    say("used: %.0f s itself, %.0f s its processes" % tuple(one.ru_utime + one.ru_stime for one in used))
    return 0


if __name__ == "__main__":
    sys.exit(main())
