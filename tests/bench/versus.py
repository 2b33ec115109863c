# Measures the proxy against Kamailio: CPU per call and REGISTER, the highest clean rate, memory per call.
import time

from figures import span
from rivals import LINGER, Kamailio, Ours, Ring, store_of_kamailio

ROUNDS = 4
CALLS, CALL_RATE = 2000, 250
REGISTERS, REGISTER_RATE = 4000, 800
HELD = 1000  # calls that stand or ring at once
CALL_AIM, REGISTER_AIM = 1.4, 2.0
STEP_SECONDS, FIRST_RATE, STEP = 3, 400, 1.5


class Turn:
    """One rival and its one kind of load, CPU counted from turn to turn: so what a call costs after its end counts, too."""

    def __init__(self, rival, scenario, rate, count, phones="phone.csv"):
        self.rival, self.words = rival, (scenario, rate, count)
        self.phones, self.count = phones, count
        self.ended = None
        self.begun, self.began_at = None, 0
        self.costs = []

    def drive(self):
        self.settle()
        self.begun, self.began_at = self.rival.cpu(), time.monotonic()
        load = self.rival.ring.load(self.rival, *self.words, phones=self.phones)
        self.ended = time.monotonic()
        return load

    def settle(self):
        """Counts what was driven last, when the last transaction of it is forgotten."""
        if self.begun is None:
            return
        time.sleep(max(self.ended + LINGER - time.monotonic(), 0))
        idle = self.rival.idle * (time.monotonic() - self.began_at)
        self.costs.append(1000 * (self.rival.cpu() - self.begun - idle) / self.count)
        self.begun = None


def measure_idle(rivals, seconds=10):
    before = [rival.cpu() for rival in rivals]
    time.sleep(seconds)
    for rival, cpu in zip(rivals, before):
        rival.idle = (rival.cpu() - cpu) / seconds


def ratios(ours, theirs):
    """Of each round: what we cost over what they did in the same round."""
    return span([one / other for one, other in zip(ours.costs, theirs.costs)])


def versus(build, rounds=ROUNDS):
    """CPU (ms) per phone-to-phone call and per REGISTER, ours and Kamailio's in turn; ratios round by round."""
    failures, out = [], {}
    with Ring(build) as ring:
        makers = {"calls": (Ours, Kamailio, False, "caller", CALL_RATE, CALLS, "phone.csv"),
                  "registers in memory": (Ours, Kamailio, False, "register", REGISTER_RATE, REGISTERS, "phones.csv"),
                  "registers kept": (Ours, Kamailio, True, "register", REGISTER_RATE, REGISTERS, "phones.csv")}
        turns, number = {}, 0
        for what, (*kinds, store, scenario, rate, count, phones) in makers.items():
            for kind in kinds:
                number += 1
                keeps = store and (kind is Ours or store_of_kamailio())
                rival = kind(ring, "%s %s" % (kind.__name__.lower(), what), number, keeps)
                rival.open()
                ring.register(rival)
                turns[what, kind] = Turn(rival, scenario, rate, count, phones)
        answerer = ring.answerer()
        measure_idle([turn.rival for turn in turns.values()])
        for number in range(rounds):
            order = list(turns.values())
            for turn in order if number % 2 else reversed(order):  # whoever comes second finds warmer caches
                load = turn.drive()
                if load.failed:
                    failures.append("%s: %d failed" % (turn.rival.name, load.failed))
        for turn in turns.values():
            turn.settle()
        answerer.end()
    for what, aim in (("calls", CALL_AIM), ("registers in memory", REGISTER_AIM), ("registers kept", REGISTER_AIM)):
        ours, theirs = turns[what, Ours], turns[what, Kamailio]
        ratio = ratios(ours, theirs)
        out[what] = {"ours_ms": span(ours.costs), "kamailio_ms": span(theirs.costs), "ratio": ratio, "aim": aim}
    if not store_of_kamailio():
        failures.append("Kamailio keeps nothing: contrib/install-deps bench")
    return {**out, "failures": failures, "notes": above_aims(out)}


def above_aims(figures):
    """What is to be said of ratios; the aim is told, it fails no run."""
    return ["%s: %.2f times Kamailio's, the aim is %.1f" % (what, one["ratio"]["median"], one["aim"])
            for what, one in figures.items() if one["ratio"]["median"] > one["aim"]]


def highest(ring, rival, scenario, phones):
    """The highest rate, stepped up, at which nothing failed and nothing was sent again."""
    best, rate = 0, FIRST_RATE
    while rate < 20000:
        load = ring.load(rival, scenario, int(rate), int(rate * STEP_SECONDS), phones=phones)
        if not load.clean:
            return {"clean": best, "failed_at": int(rate), "failed": load.failed, "sent_again": load.sent_again}
        best, rate = max(best, int(min(load.rate, rate))), rate * STEP
        time.sleep(1)
    return {"clean": best}


def summit(build):
    """How many calls and REGISTERs a second before one fails or is sent again."""
    out = {}
    with Ring(build) as ring:
        rivals = []
        for kind in (Ours, Kamailio):
            for store in (True, False):
                name = "%s %s" % (kind.__name__.lower(), "kept" if store else "in memory")
                rivals.append(kind(ring, name, len(rivals) + 1, store and (kind is Ours or store_of_kamailio())))
                rivals[-1].open()
                ring.register(rivals[-1])
        answerer = ring.answerer()
        for rival in rivals:
            out[rival.name] = {"registers": highest(ring, rival, "register", "phones.csv")}
            if not rival.store:
                out[rival.name]["calls"] = highest(ring, rival, "caller", "phone.csv")
        answerer.end()
    return {**out, "failures": []}


STATES = {"rings": (60000, 0, 0), "stands": (0, 90000, LINGER), "has ended": (0, 0, 0)}  # rings ms, talks ms, wait s


def weigh(build):
    """Memory (KiB) per call that rings, that stands (its set-up long over), and that has just ended."""
    out, failures = {}, []
    with Ring(build) as ring:
        for kind in (Ours, Kamailio):
            for number, (what, (ring_ms, talk_ms, wait)) in enumerate(STATES.items(), 1):
                rival = kind(ring, "%s %s" % (kind.__name__.lower(), what), number, False)
                rival.open()
                ring.register(rival)
                answerer = ring.answerer(ring_ms)
                empty = rival.memory_kib()
                process, _ = ring.start_load(rival, "caller", HELD / 5, HELD, talk_ms)
                time.sleep(7 + wait)
                out.setdefault(kind.__name__.lower(), {})[what] = (rival.memory_kib() - empty) / HELD
                if (talk_ms or ring_ms) and process.status is not None:
                    failures.append("%s: calls failed" % rival.name)
                process.end()
                answerer.end()
                rival.process.end()
    return {**out, "failures": failures}
