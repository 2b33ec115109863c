# Measures the delays of calls while a thousand phones register, against those of a quiet time.
import storm
from figures import percentile


def tail(values):
    """In ms."""
    return {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99), "max": max(values, default=float("nan"))}


def one(build, name, failures, **words):
    stage, told, delays = storm.play(build, name, **words)
    failures += ["%s: %s" % (name, text) for text in stage.outcome.failures]
    out = {"call to " + called: tail(delays.get(number, [])) for called, number in
           (("a phone", storm.PHONE), ("a group with a dead phone", storm.GROUP), ("the PBX", storm.ABROAD))}
    if told:
        out["REGISTER"] = tail([ms for ms in told["ms"] if ms is not None])
        out["sent again"] = sum(told["sent"]) - len(told["sent"])
    return out


def storms(build):
    """Set-up delays (INVITE to 200, ms) of a call of each kind a second, and the REGISTERs' response times."""
    failures = []
    return {"quiet": one(build, "quiet", failures, stormy=False),
            "storm": one(build, "storm", failures),
            "storm, primary and phones dead": one(build, "storm among the dead", failures, changes=storm.OUTAGE, dead=True),
            "failures": failures}
