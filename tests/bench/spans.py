# Measures what many spans cost: all channels of sixteen up with audio, calls a second over one, four and sixteen, and the whole delay of
# a set-up at a hundred calls a second.
import os
import re
import subprocess
import time

from capture import Capture
from figures import percentile
from pcap import datagrams
from place import Place, wait_process

CHANNELS = 30  # of an E1
SETUP_AIM_MS = 20.0
INVITE_CSEQ = re.compile(rb"\r\nCSeq: *\d+ INVITE\r", re.IGNORECASE)
CALL_ID = re.compile(rb"\r\nCall-ID: *(\S+)\r", re.IGNORECASE)


def switches(place):
    """{thread name: how often it slept and was woken}, summed over threads of one name."""
    out = {}
    root = "/proc/%d/task" % place.gateway.popen.pid
    for task in os.listdir(root):
        with open("%s/%s/status" % (root, task), encoding="ascii") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        out[fields["Name"]] = out.get(fields["Name"], 0) + int(fields["voluntary_ctxt_switches"])
    return out


def difference(before, after, seconds):
    """{name: growth a second}, without threads that did nothing."""
    out = {name: (after[name] - before.get(name, 0)) / seconds for name in sorted(after)}
    return {name: value for name, value in out.items() if value > 0}


def trouble(place):
    """What the spans could not do in time, summed."""
    spans = place.desk.ask("show", "spans") or []
    return {name: sum(span.get(name, 0) for span in spans) for name in ("lost", "late", "slips", "late_ticks")}


def phones(place):
    """SIPp's own caller, as a scenario in PLACE whose offer is A-law with telephone-events, as a desk phone's is: the
    gateway listens for the PBX's digits then."""
    text = subprocess.run(["sipp", "-sd", "uac"], stdout=subprocess.PIPE, check=False).stdout.decode()
    plain, ours = "RTP/AVP 0\n      a=rtpmap:0 PCMU/8000", "RTP/AVP 8 101\n      a=rtpmap:8 PCMA/8000\n      a=rtpmap:101 telephone-event/8000"
    if plain not in text:
        raise RuntimeError("SIPp's own scenario is not as it was")
    with open(place.path("phones.xml"), "w", encoding="ascii") as file:
        file.write(text.replace(plain, ours))
    return place.path("phones.xml")


def channels(build, spans=16, seconds=20):
    """Every channel of SPANS up at once, audio both ways: CPU and wakeups by thread, and what came too late."""
    calls = spans * CHANNELS
    with Place(build, spans, "5ms", 12) as place:
        place.start_pbx(["always answer then play pattern 1", "serve"])
        time.sleep(3)
        before = place.cpu_seconds()
        time.sleep(5)
        idle = difference(before, place.cpu_seconds(), 5)
        phone = place.start_sipp("phone", "-sf", phones(place), "-rtp_echo", "-s", "200", "-r", "40", "-m", str(calls), "-l", str(calls),
                                 "-d", str((calls // 40 + seconds + 10) * 1000), "-p", "5060", "127.0.0.1:5060")
        time.sleep(calls / 40 + 5)
        cpu, woken, late = place.cpu_seconds(), switches(place), trouble(place)
        time.sleep(seconds)
        cpu, woken = difference(cpu, place.cpu_seconds(), seconds), difference(woken, switches(place), seconds)
        late = {name: value - late[name] for name, value in trouble(place).items()}
        up, rss = place.desk.calls_up(), place.rss_kib()
        status = wait_process(phone, calls / 40 + seconds + 60)
        failures = place.leftovers() + ["SIPp ended with %d" % status] * (status != 0)
    if up != calls:
        failures.append("%d of %d calls were up" % (up, calls))
    return {"calls": up, "cpu_percent_by_thread": {name: 100 * value for name, value in cpu.items()},
            "cpu_percent_idle_by_thread": {name: 100 * value for name, value in idle.items()},
            "cpu_percent_per_channel": 100 * (sum(cpu.values()) - sum(idle.values())) / max(up, 1),
            "wakeups_a_second_by_thread": woken, "in_%d_s" % seconds: late, "rss_kib": rss, "failures": failures}


def rate(build, spans, seconds):
    """Calls a second over SPANS, each as fast as its D channel lets it, and the daemon's CPU meanwhile."""
    with Place(build, spans, "5ms", 8) as place:
        place.start_sipp("phones", "-sn", "uas", "-p", "5060")
        before, began = place.cpu_seconds(), time.monotonic()
        place.start_pbx(["rate %d for %d calls talk 0ms at most %d" % (200 * spans, seconds * 60 * spans, 25 * spans), "serve"])
        while not place.news and time.monotonic() < began + seconds * 20:
            time.sleep(0.2)
        cpu = difference(before, place.cpu_seconds(), time.monotonic() - began)
        load, failures = place.news[-1], place.leftovers()
    return {"calls": load["calls"], "failed": load["failed"], "calls_per_second": load["calls_per_second"],
            "cpu_percent_by_thread": {name: 100 * value for name, value in cpu.items()},
            "failures": failures + ["%d calls failed" % load["failed"]] * bool(load["failed"])}


def growth(build, sizes=(1, 4, 16), seconds=10):
    """Calls a second over 1, 4 and 16 spans, and what of one span's each of several keeps."""
    out, failures = {}, []
    for spans in sizes:
        one = out["%d spans" % spans] = rate(build, spans, seconds)
        failures += ["%d spans: %s" % (spans, text) for text in one.pop("failures")]
        one["share_of_one_span"] = one["calls_per_second"] / spans / out["%d spans" % sizes[0]]["calls_per_second"]
    return {**out, "failures": failures}


def answered(every):
    """How long after its INVITE each call's first 200 was on the wire, in ms."""
    begun, out = {}, {}
    for datagram in every:
        data = datagram.data
        if data.startswith(b"INVITE "):
            begun.setdefault(CALL_ID.search(data)[1], datagram.time)
        elif data.startswith(b"SIP/2.0 200") and INVITE_CSEQ.search(data):
            call = CALL_ID.search(data)[1]
            if call in begun:
                out.setdefault(call, 1000 * (datagram.time - begun[call]))
    return list(out.values())


def setup(build, calls_a_second=100, spans=4, seconds=20):
    """INVITE to 200 when the PBX answers at once with CONNECT: the daemon, the D channel at 64 kbit/s both ways, both packet buffers,
    the PBX."""
    with Place(build, spans) as place:
        place.start_pbx(["always connect", "serve"])
        time.sleep(1)
        capture = Capture(place.namespace, place.path("all.pcap"), place.path("dumpcap.log"))
        calls = calls_a_second * seconds
        phone = place.start_sipp("phone", "-sf", phones(place), "-s", "200", "-r", str(calls_a_second), "-m", str(calls), "-d", "200",
                                 "-p", "5060", "127.0.0.1:5060")
        status = wait_process(phone, seconds + 60)
        capture.stop()
        failures = place.leftovers() + ["SIPp ended with %d" % status] * (status != 0)
        delays = answered(datagrams(place.path("all.pcap")))
        late = trouble(place)
    p99 = percentile(delays, 0.99)
    failures += ["%d of %d calls were answered" % (len(delays), calls)] * (len(delays) != calls)
    failures += ["INVITE to 200, p99: %.1f ms, the aim is %.1f ms" % (p99, SETUP_AIM_MS)] * (not p99 <= SETUP_AIM_MS)
    return {"calls": len(delays), "invite_200_ms": {"p50": percentile(delays, 0.5), "p99": p99, "max": max(delays, default=float("nan"))},
            **late, "failures": failures}
