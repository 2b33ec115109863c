# What `make bench` measures: capacity of a D channel, endurance, delay, cost per call and channel; versus.py and storms.py have the rest.
import json
import os
import re
import sys
import tempfile
import time

import spans
import storms
import versus
from capture import Capture
from cesopsn_decode import Pseudowire
from figures import percentile
from pcap import datagrams
from place import PHONE, Place, span_addresses, wait_process

HERE = os.path.dirname(os.path.abspath(__file__))
D_CHANNEL_OCTETS = 8000  # a second and direction at 64 kbit/s
CAPACITY_AIM = 0.8
DELAY_AIM_MS = 2.0  # added by the gateway, median and 99 in a hundred
SETUP, CONNECT = 0x05, 0x07
INVITE_CSEQ = re.compile(rb"\r\nCSeq: *\d+ INVITE\r", re.IGNORECASE)
CALL_ID = re.compile(rb"\r\nCall-ID: *(\S+)\r", re.IGNORECASE)


def capacity(build, seconds=30):
    """Calls a second one span sustains, over the limit its own D-channel octets set (busier direction)."""
    with Place(build, 1) as place:
        place.start_sipp("phones", "-sn", "uas", "-p", "5060")
        place.start_pbx(["rate 200 for %d calls talk 0ms at most 30" % (seconds * 30), "serve"])
        done = time.monotonic() + seconds * 4
        while not place.news and time.monotonic() < done:
            time.sleep(0.2)
        load = place.news[-1]
        left, slips = place.leftovers(), place.slips()
    octets = max(load["d_octets_in"], load["d_octets_out"]) / load["calls"]
    limit = D_CHANNEL_OCTETS / octets
    ratio = load["calls_per_second"] / limit
    return {"calls": load["calls"], "failed": load["failed"], "calls_per_second": load["calls_per_second"],
            "d_octets_per_call": octets, "limit_calls_per_second": limit, "ratio": ratio, "slips": slips,
            "failures": left + ["%d calls failed" % load["failed"]] * bool(load["failed"]) +
            ["ratio %.2f is below %.1f" % (ratio, CAPACITY_AIM)] * (ratio < CAPACITY_AIM)}


def endurance(build, calls=100000, spans=4):
    """Many calls in a row over several spans: memory flat after warm-up, nothing stuck."""
    with Place(build, spans, "5ms", 8) as place:
        place.start_sipp("phones", "-sn", "uas", "-p", "5060")
        place.start_pbx(["rate 150 for %d calls talk 50ms" % calls, "serve"])
        descriptors, rss, started = place.descriptors(), [], time.monotonic()
        while not place.news and time.monotonic() < started + calls / 20:
            time.sleep(5)
            rss.append(place.rss_kib())
        load = place.news[-1]
        failures, slips = place.leftovers(), place.slips()
        time.sleep(35)  # Sofia keeps finished transactions for 32 s
        if place.descriptors() > descriptors:
            failures.append("%d descriptors, %d before the calls" % (place.descriptors(), descriptors))
    warm = rss[len(rss) // 5] if rss else 0
    growth = max(rss[len(rss) * 4 // 5:], default=0) - warm
    if growth > max(1024, warm // 20):
        failures.append("memory grew by %d KiB after warm-up at %d KiB" % (growth, warm))
    if load["failed"]:
        failures.append("%d calls failed" % load["failed"])
    return {"calls": load["calls"], "failed": load["failed"], "seconds": load["seconds"], "warm_rss_kib": warm,
            "growth_kib": growth, "connect_p99_ms": load["connect"]["p99_ms"], "slips": slips, "failures": failures}


def serialisation_ms(frame):
    """How long FRAME occupies the D channel: itself, its FCS and one flag."""
    return (len(frame.data) + 3) * 8 / 64.0


def delay(build, rate=20, seconds=30):
    """INVITE to SETUP and CONNECT to 200 at RATE calls a second, beyond HDLC serialisation and the span's packet buffer; CPU
    per call."""
    with Place(build, 1) as place:
        place.start_pbx(["always answer", "serve"])
        time.sleep(1)
        idle = sum(place.cpu_seconds().values())
        time.sleep(10)
        before = place.cpu_seconds()
        idle = (sum(before.values()) - idle) / 10
        capture = Capture(place.namespace, place.path("all.pcap"), place.path("dumpcap.log"))
        calls = rate * seconds
        phone = place.start_sipp("phone", "-sn", "uac", "-s", "200", "-r", str(rate), "-m", str(calls), "-d", "300", "-p", "5060",
                                 "127.0.0.1:5060")
        started = time.monotonic()
        status = wait_process(phone, seconds + 40)
        spent = time.monotonic() - started
        after = place.cpu_seconds()
        capture.stop()
        failures = place.leftovers() + ["SIPp ended with %d" % status] * (status != 0)
        setup, answer = delays(place.path("all.pcap"))
        answer = [ms - place.buffer_ms() for ms in answer]
    for name, values in (("SETUPs", setup), ("answers", answer)):
        failures += ["%d %s for %d calls" % (len(values), name, calls)] * (len(values) != calls)
    failures += above_aim("INVITE to SETUP", spread(setup)) + above_aim("CONNECT to 200", spread(answer))
    busy = sum(after.values()) - sum(before.values()) - idle * spent
    return {"calls": len(setup), "invite_setup_ms": spread(setup), "connect_200_ms": spread(answer),
            "buffer_ms": place.buffer_ms(), "cpu_ms_per_call": 1000 * busy / calls, "cpu_idle_percent": 100 * idle, "failures": failures}


def spread(values):
    return {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}


def above_aim(what, figures):
    """What is to be said of the delay FIGURES of spread()."""
    return ["%s, %s: %.1f ms, the aim is %.1f ms" % (what, name, value, DELAY_AIM_MS)
            for name, value in figures.items() if not value <= DELAY_AIM_MS]


def q931_type(frame):
    """The message type of an I frame, or None. LAPD address 2, control 2, then Q.931."""
    octets = frame.data
    if len(octets) < 9 or octets[2] & 1 or octets[4] != 8:
        return None
    return octets[6 + octets[5]]


def firsts(frames, wanted):
    """The frames of message type WANTED without those that layer 2 sent again."""
    seen = {}
    for frame in frames:
        if q931_type(frame) == wanted:
            seen.setdefault(frame.data[4:], frame)
    return sorted(seen.values(), key=lambda frame: frame.end)


def first_times(every, wanted):
    """When each call's first datagram of those WANTED says yes to was on the wire, in order."""
    seen = {}
    for datagram in every:
        if wanted(datagram.data):
            seen.setdefault(CALL_ID.search(datagram.data)[1], datagram.time)
    return sorted(seen.values())


def delays(path):
    """(INVITE to SETUP, CONNECT to 200) in ms, from the wire only; the n-th of each belongs to the n-th of the other."""
    every = list(datagrams(path))
    gateway, pbx = ((a.rsplit(":", 1)[0], int(a.rsplit(":", 1)[1])) for a in span_addresses(0))
    out = Pseudowire(every, gateway, pbx, 31).frames(16)
    back = Pseudowire(every, pbx, gateway, 31).frames(16)
    invites = first_times(every, lambda data: data.startswith(b"INVITE "))
    answers = first_times(every, lambda data: data.startswith(b"SIP/2.0 200") and INVITE_CSEQ.search(data))
    setups, connects = firsts(out, SETUP), firsts(back, CONNECT)
    return ([1000 * (f.end - at) - serialisation_ms(f) for at, f in zip(invites, setups)],
            [1000 * (at - f.end) for at, f in zip(answers, connects)])


def cost(build, calls=100, spans=4):
    """CPU and memory per call that stands with audio both ways."""
    with Place(build, spans, "5ms", 8) as place:
        place.start_pbx(["always answer then play pattern 1", "serve"])
        place.start_sipp("warm", "-sn", "uac", "-s", "200", "-r", "50", "-m", str(calls), "-d", "1000", "-p", "5062", "127.0.0.1:5060")
        time.sleep(45)  # Sofia's finished transactions are gone, the heap is warm
        empty_rss, before = place.rss_kib(), place.cpu_seconds()
        time.sleep(10)
        idle = sum(place.cpu_seconds().values()) - sum(before.values())
        phone = place.start_sipp("phone", "-sn", "uac", "-rtp_echo", "-s", "200", "-r", "50", "-m", str(calls), "-d", "30000",
                                 "-p", "5060", "127.0.0.1:5060")
        time.sleep(12)
        before = place.cpu_seconds()
        time.sleep(10)
        after, full_rss, up = place.cpu_seconds(), place.rss_kib(), place.desk.calls_up()
        status = wait_process(phone, 60)
        failures = place.leftovers() + ["SIPp ended with %d" % status] * (status != 0)
    if up != calls:
        failures.append("%d of %d calls were up" % (up, calls))
    used = {name: after[name] - before.get(name, 0) for name in after}
    return {"calls": up, "cpu_percent_by_thread": {name: 10 * value for name, value in sorted(used.items())},
            "cpu_percent_idle_spans": 10 * idle, "cpu_percent_per_channel": 10 * (sum(used.values()) - idle) / max(up, 1),
            "memory_kib_per_call": (full_rss - empty_rss) / max(up, 1), "failures": failures}


def dahdi(build):
    """CPU per channel and wakeups on the DAHDI driver, against a CESoPSN span in the same guest and run."""
    sys.path.append(os.path.join(HERE, "..", "dahdi"))
    import guest

    lines = []
    try:
        with tempfile.TemporaryDirectory(prefix="tieline-bench-") as work, guest.Guest() as one:
            one.run("python3 %s %s" % (os.path.join(HERE, "guest_cost.py"), build), work, lines.append, 240)
    except guest.Unavailable as error:
        return {"skipped": str(error).splitlines()[0], "failures": []}
    told = next((line for line in lines if line.startswith("{")), None)
    if told is None:
        return {"failures": ["the guest told nothing: " + " ".join(lines[-3:])]}
    result = json.loads(told)
    return {**result, "failures": ["%s: %d of 30 calls were up" % (name, one["calls"]) for name, one in result.items() if one["calls"] != 30]}


ALL = {"capacity": capacity, "delay": delay, "cost": cost, "versus": versus.versus, "summit": versus.summit, "weigh": versus.weigh,
       "storm": storms.storms, "channels": spans.channels, "growth": spans.growth, "setup": spans.setup,
       "dahdi": dahdi, "endurance": endurance}
