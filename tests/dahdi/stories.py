# In the guest: the stories of the DAHDI back end that are no flows, one after another.
#
# usage: stories.py PLAIN SANITIZED OUT [NAME ... , NAME ...]      two builds; what a comma parts goes on at once
#
# A line "story pass|fail|judge NAME: detail" tells of each. Those to be judged leave their octets in OUT.
import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from box import Box, Told, await_end, check  # noqa: E402
from driver import SPECIFY, WHOLE, Pair, keep_time  # noqa: E402
from namespace import wait_for  # noqa: E402
from guest_house import Room  # noqa: E402

PLAIN, SANITIZED, OUT = sys.argv[1:4]
E1, OTHER, THIRD, T1 = Pair("c", "e1", echo=True), Pair("d", "e1"), Pair("e", "e1"), Pair("f", "t1")
ANSWER = ["always answer", "expect up within 20s", "serve"]
SECONDS = 60  # of 30 calls at once


def clear_channel():
    """a clear channel is bit-exact both ways, beside cancellers"""
    room = Room("clear")
    with room:
        ends = []
        for number, channels in enumerate((E1.OURS, E1.THEIRS)):
            script = ["expect up within 20s", "call 100 bearer unrestricted", "expect CONNECT within 10s"] if number else [
                "answer", "expect up within 20s", "expect CONNECT ACK within 30s"]
            script += ["play pattern %d" % (1 + number), "expect pattern %d for 8s within 20s" % (2 - number), "wait 1s"]
            script += ["disconnect 16", "expect RELEASE"] if number else ["expect DISCONNECT within 20s"]
            path = os.path.join(room.folder, "script%d" % number)
            with open(path, "w", encoding="ascii") as file:
                file.write("\n".join(script) + "\n")
            command = ["chrt", "--rr", "1", os.path.join(PLAIN, "tieline-pbx"), "-s", path, "--backend", "dahdi", "--cushion", "100"]
            command += ["--bchan", E1.b_channels(channels).replace(",", "+"), "--dchan", str(E1.d_channel(channels))]
            command += ["--side", "cpe" if number else "network"]
            ends.append(room.start("end%d" % number, command, path + ".log"))
        for end in ends:
            await_end(end, 60)


def cancellers():
    """{state: how many} of our span's cancellers"""
    out = {}
    for number in os.listdir("/proc/dahdi"):
        with open("/proc/dahdi/" + number, encoding="ascii", errors="replace") as file:
            text = file.read()
        if "DYN/loc/" + E1.address(E1.OURS) + '"' in text or "'" + E1.address(E1.OURS) + "'" in text:
            for line in text.splitlines():
                if "EC:" in line:
                    state = line.partition("EC:")[2].rpartition("-")[2].strip(" )\n").split(")")[0].strip()
                    out[state] = out.get(state, 0) + 1
    return out


def echo():
    """speech both ways with a canceller at work; none works before or after"""
    with Box(PLAIN, [E1], in_time=True) as box:
        say = say_files(box, 1, 20)
        box.pbx(["for 201 answer then record %s then play tone 425" % box.path("recorded1"), "expect up within 20s", "serve"])
        box.await_line()
        check("ACTIVE" not in cancellers(), "a canceller works before the call: %s" % cancellers())
        phones = box.phones(1, say, box.path("heard"))
        box.calls("201")
        check(cancellers().get("ACTIVE") == 1, "the call's canceller is not at work: %s" % cancellers())
        time.sleep(13)
        box.pbxes[0].end(patience=10)
        check(wait_for(box.desk.no_calls, 10, 0.2), "the call does not end")
        check("ACTIVE" not in cancellers(), "a canceller works after the call: %s" % cancellers())
        phones.end()
        keep(box, "echo", 1)


def say_files(box, count, seconds):
    for number in range(1, count + 1):
        with open(box.path("say%d" % number), "wb") as file:
            file.write(random.Random("phone %d" % number).randbytes(8000 * seconds))
    return box.path("say")


def keep(box, name, count):
    os.makedirs(os.path.join(OUT, name), exist_ok=True)
    for number in range(1, count + 1):
        for kind in ("say", "heard", "recorded"):
            shutil.copy(box.path(kind + str(number)), os.path.join(OUT, name))


def thirty_calls():
    """30 calls at once for 60 s: sample-exact both ways, and no slip"""
    with Box(PLAIN, [OTHER], in_time=True) as box:
        say = say_files(box, 30, SECONDS + 15)
        script = ["for %d answer then record %s then play pattern %d" % (200 + n, box.path("recorded%d" % n), n) for n in range(1, 31)]
        box.pbx(script + ["expect up within 20s", "serve"], 1, "--quiet")
        box.await_line()
        phones = box.phones(30, say, box.path("heard"))
        box.calls(*range(201, 231))
        time.sleep(2)
        before = box.slips()
        time.sleep(SECONDS + 2)
        slips = box.slips() - before
        step(box)
        box.pbxes[0].end(patience=20)
        phones.end()
        keep(box, "thirty", 30)
        check(not slips, "%d slips in %d s" % (slips, SECONDS))


STEPS = {}


def step(box):
    """The clock is set with the calls up."""
    for seconds in (3600, -3600, 86400, -86400):
        before = box.daemon.tail(100000).count("expired")
        time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
        time.sleep(1.5)
        up = box.desk.calls_up()
        if up != 30 or box.daemon.tail(100000).count("expired") != before:
            STEPS["wrong"] = "%d of 30 calls are up after a step of %d s: %s" % (up, seconds, box.daemon.tail(3))
            return
    STEPS["done"] = True


def clock_steps():
    """the clock is set by an hour and a day, both ways, with 30 calls up: nothing happens"""
    check("wrong" not in STEPS, STEPS.get("wrong"))
    check("done" in STEPS, "the 30 calls did not stand")


def alarm_short():
    """the far end is gone for less than T309: the call stays"""
    with Box(SANITIZED, [OTHER], ["[trunk pbx] t309 = 6s"]) as box:
        pbx = box.pbx(["always answer", "expect up within 20s", "expect CONNECT ACK within 30s", "line down", "wait 3s", "line up", "serve"])
        box.await_line()
        sipp = box.calls("200")
        lose_peer(pbx, back_after=3)
        check(box.desk.calls_up() == 1, "the call is lost: " + box.daemon.tail(4))
        box.await_logged("alarms none, were RED", 20)
        time.sleep(6)  # T309 would have run out
        check(box.desk.calls_up() == 1, "the call is lost after the alarm: " + box.daemon.tail(4))
        pbx.end(patience=10)
        await_end(sipp, 15)


def alarm_long():
    """the far end is gone for longer than T309, from the alarm on: BYE with cause 27"""
    with Box(SANITIZED, [OTHER], ["[trunk pbx] t309 = 2s"]) as box:
        pbx = box.pbx(["always answer", "expect up within 20s", "expect CONNECT ACK within 30s", "line down", "wait 8s", "line up", "serve"])
        box.await_line()
        sipp = box.calls("200")
        lose_peer(pbx)
        check(wait_for(lambda: box.spans()["e1"]["alarms"] != [] and "RED" in str(box.spans()["e1"]["alarms"]), 10, 0.02), "no alarm")
        start = time.monotonic()
        check(wait_for(lambda: box.desk.calls_up() == 0, 10, 0.02), "the call stays")
        lasted = time.monotonic() - start
        OTHER.create(OTHER.THEIRS)
        check(1.7 <= lasted <= 3.5, "T309 is 2 s, the call ended %.2f s after the alarm" % lasted)
        check(box.logged("T309 expired"), "T309 did not end it")
        await_end(sipp, 10)
        box.await_line()


def lose_peer(pbx, back_after=None):
    """Once the PBX has let go of its span it is destroyed, and made again."""
    check(wait_for(lambda: '"text":"line down","ok":true' in pbx.tail(1000), 20, 0.02), "the PBX keeps its line")
    time.sleep(0.1)
    OTHER.destroy(OTHER.THEIRS)
    if back_after:
        time.sleep(back_after)
        OTHER.create(OTHER.THEIRS)


def transit():
    """a call from trunk to trunk: the driver joins the channels, bit by bit"""
    changes = ["[route in] from = pbx", "[route in] to = trunk pbx2", "[route in] transit = yes"]
    with Box(PLAIN, [E1, THIRD], changes, in_time=True) as box:
        second = box.pbx(["answer", "expect up within 20s", "expect CONNECT ACK within 40s", "play pattern 2",
                          "expect pattern 1 for 5s within 20s", "expect DISCONNECT within 20s", "expect idle"], 2)
        first = box.pbx(["expect up within 20s", "wait 2s", "call 300 from 200", "expect CONNECT within 10s", "play pattern 1",
                         "expect pattern 2 for 5s within 20s", "wait 1s", "disconnect 16", "expect RELEASE", "expect idle"])
        await_end(first, 60)
        await_end(second, 30)
        check(box.logged("are joined by the driver"), "the log does not say that the driver joined them")


def loop_check():
    """tielinectl selftest span: an echoing far end is good on every channel"""
    with Box(PLAIN, [THIRD], in_time=True) as box:
        pbx = box.pbx(["expect up within 20s", "wait 500ms", "quit"])
        box.await_line()
        pbx.wait(time.monotonic() + 10)
        command = [os.path.join(PLAIN, "tests", "dahdi", "mirror"), str(THIRD.first[THIRD.THEIRS]), "31"]
        mirror = box.room.start("mirror", command + [str(THIRD.d_channel(THIRD.THEIRS))], box.path("mirror.log"))
        check(wait_for(lambda: "listening" in mirror.tail(), 10, 0.1), "no mirror: " + mirror.tail())
        status, text = box.tell("selftest", "span", "e1")
        check(status == 0 and "30 of 30 channels good" in text, "ended with %d: %s" % (status, text))


def removal():
    """our span is taken away under a call and comes back, without a restart"""
    with Box(SANITIZED, [OTHER], ["[trunk pbx] t309 = 1s"]) as box:
        pbx = box.pbx(["always answer", "expect up within 20s", "serve"])
        box.await_line()
        box.calls("200")
        OTHER.unplug()
        box.await_logged("taken away|knows the span no longer")
        check(wait_for(lambda: box.desk.calls_up() == 0, 15, 0.1), "the call stays on a span that is gone")
        OTHER.plug()
        box.await_logged("the device is there again", 20)
        box.await_line()
        box.calls("200")
        check(box.daemon.status is None, "tielined ended")
        pbx.end(patience=10)


BAD = {  # name: (settings of the second span, what the log must say of it)
    "missing channel": ({"bchan": "901-915,917-931", "dchan": "916"}, r"\[span e2\] dchan: the driver has no channel 916"),
    "wrong law": ({"law": "ulaw"}, r"\[span e2\] law: the driver has channel \d+ as alaw"),
}


def bad_input():
    """a mistake in one span is one line that names the setting, and the other span serves"""
    cases = dict(BAD)
    cases["t1 taken for e1"] = ({**T1.settings(), "type": "e1"}, r"\[span e2\] type: e1 has 31 channels, .* it is t1")
    wrong = {"bchan": E1.b_channels(E1.THEIRS), "dchan": str(E1.d_channel(E1.THEIRS)), "type": "e1"}
    cases["busy channel"] = (wrong, r"\[span e2\] (dchan|bchan): channel \d+ is held by another program")
    for name, (settings, pattern) in cases.items():
        with Box(SANITIZED, [OTHER, E1], settings_of={2: settings}) as box:
            if name == "busy channel":
                box.daemon.end()
                holder = os.open("/dev/dahdi/channel", os.O_RDWR)
                fcntl.ioctl(holder, SPECIFY, struct.pack("i", E1.d_channel(E1.THEIRS)))
                box.start()
            box.pbx(ANSWER)
            box.await_line(1)
            box.calls("200")
            lines = box.logged(r" error ")
            check(len(lines) == 1 and box.logged(pattern), "%s: the log says %s" % (name, lines))
            box.pbxes[0].end(patience=10)
            if name == "busy channel":
                os.close(holder)


def missing_device():
    """without the driver's device: one line that says so, and service once it is there"""
    with Box(SANITIZED, [OTHER], before=BLIND) as box:
        lines = box.logged(r" error ")
        check(len(lines) == 1 and "[span e1] backend: there is no /dev/dahdi/channel" in lines[0], "the log says %s" % lines)
        subprocess.run(["nsenter", "-t", str(box.daemon.popen.pid), "-m", "umount", "/dev/dahdi"], check=True)
        box.pbx(ANSWER)
        box.await_line()


# The daemon alone sees no devices.
BLIND = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/dahdi && exec "$0" "$@"']
STORIES = (thirty_calls, clock_steps, clear_channel, echo, transit, loop_check, bad_input, missing_device, alarm_short, alarm_long, removal)
GIVE_BACK = (alarm_short, alarm_long, removal)  # numbers of channels
JUDGED = (thirty_calls, echo)


def main():
    keep_time()
    os.makedirs("/run/netns", exist_ok=True)
    for pair in (E1, OTHER, THIRD, T1):
        pair.create(pair.OURS, pair.THEIRS)
    try:
        lists = [words.split() for words in " ".join(sys.argv[4:]).split(",")]
        threads = [threading.Thread(target=tell_all, args=(words,)) for words in lists]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for pair in (E1, OTHER, THIRD, T1):
            pair.destroy(pair.THEIRS, pair.OURS)
    return 0


def tell_all(wanted):
    Room("stories-%d" % threading.get_native_id()).inhabit()
    for story in STORIES:
        if wanted and story.__name__ not in wanted:
            continue
        if story in GIVE_BACK:
            wait_for(lambda: os.path.exists(WHOLE), 200, 0.5)
        outcome, detail, start = "pass", "", time.monotonic()
        try:
            story()
        except Told as error:
            outcome, detail = "fail", str(error)
        except Exception:
            outcome, detail = "fail", traceback.format_exc()
        if outcome == "pass" and story in JUDGED:
            outcome = "judge"
        text = "%s %s (%.1f s)" % (story.__name__, story.__doc__, time.monotonic() - start)
        print("story %s %s\t%s" % (outcome, text, detail.replace("\n", "\\n")), flush=True)


if __name__ == "__main__":
    sys.exit(main())
