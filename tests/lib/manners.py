# The daemon's manners: what it says of bad settings and of what it cannot open, how it takes new
# settings, and how it drains and leaves.
import hashlib
import os
import signal
import subprocess
import time

import audio
import config
import flow
import sound
from namespace import wait_for
from stage import Stage

# One SIP request from inside the namespace; prints the first final status, or "silence".
ASK = """
import socket, sys
method, uri = sys.argv[1:3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.11", 0))
s.settimeout(5)
here = "127.0.0.11:%d" % s.getsockname()[1]
sdp = "v=0\\r\\no=- 1 1 IN IP4 127.0.0.11\\r\\ns=-\\r\\nc=IN IP4 127.0.0.11\\r\\nt=0 0\\r\\nm=audio 7000 RTP/AVP 8\\r\\n"
body = sdp if method == "INVITE" else ""
s.sendto(("%s %s SIP/2.0\\r\\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\\r\\nFrom: <sip:a@%s>;tag=1\\r\\nTo: <%s>\\r\\n"
          "Call-ID: %s\\r\\nCSeq: 1 %s\\r\\nContact: <sip:a@%s>\\r\\nMax-Forwards: 70\\r\\n%sContent-Length: %d\\r\\n\\r\\n%s" % (
          method, uri, here, here, here, uri, here, method, here,
          "Content-Type: application/sdp\\r\\n" if body else "", len(body), body)).encode(), ("127.0.0.1", 5060))
try:
    while True:
        status = int(s.recv(4096).split()[1])
        if status >= 200:
            print(status)
            break
except socket.timeout:
    print("silence")
"""
HOLD_UDP = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
print("held", flush=True)
time.sleep(60)
"""


class Manners(Stage):
    """A stage for one story; each story says what is wrong with fail()."""

    def __init__(self, build, name):
        case = flow.Case()
        case.parties, case.timeout = {"A": "phone", "G": "gateway", "S": "pbx"}, 20.0
        super().__init__(case, "euroisdn", build, name)

    def expect(self, what, seen, wanted):
        if seen != wanted:
            self.fail("%s: %r, not %r" % (what, seen, wanted))

    def write(self, settings):
        with open(self.path("tieline.conf"), "w", encoding="utf-8") as file:
            file.write(config.text(settings))

    def call(self, *words):
        """(exit status, standard output, standard error) of tielined with these words; it must not
        serve."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace.name, self.program("tielined"), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=20,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def ask_sip(self, method, uri):
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace.name, "python3", "-c", ASK, method, uri],
            stdout=subprocess.PIPE,
            timeout=20,
            check=False,
        )
        return done.stdout.decode().strip()

    def pbx_says(self, *script):
        """Runs SCRIPT on a PBX of its own; its exit status."""
        with open(self.path("script"), "w", encoding="utf-8") as file:
            file.write("\n".join(script) + "\n")
        return self.pbx_with_script().wait(time.monotonic() + 40)

    def pbx_with_script(self):
        return self.namespace.start(
            "tieline-pbx",
            self._in_time() + self.pbx_command() + ["-s", self.path("script")],
            self.path("pbx.log"),
        )

    def line_up(self):
        """A PBX that answers every call."""
        with open(self.path("script"), "w", encoding="utf-8") as file:
            file.write("always ring then answer\nexpect up within 15s\nserve\n")
        if self.pbx:  # the daemon has to see first that the one before is gone
            wait_for(lambda: not self.desk.lines_up(), 5)
        self.pbx = self.pbx_with_script()
        self._await_line()

    def phone_calls(self, scenario, number="200"):
        return self._sipp("A", scenario, {"number": number}, 5070)

    def stand_a_call(self):
        phone = self.phone_calls("uac-wait")
        if not wait_for(lambda: self.desk.calls_up() == 1, 10):
            self.fail("the call does not stand")
        return phone

    def leave(self, within):
        """SIGTERM, and the exit status; seconds it took."""
        started = time.monotonic()
        self.daemon.popen.send_signal(signal.SIGTERM)
        status = self.daemon.wait(started + within)
        self.expect("status after SIGTERM", status, 0)
        return time.monotonic() - started

    def log(self):
        return self.daemon.tail(100000)


def check_config(m):
    """--check-config and --print-config: statuses, words, and print-outs that check."""
    good = m.configuration()
    m.write(good)
    m.expect("--check-config of a good file", m.call("-c", m.path("tieline.conf"), "--check-config"), (0, "", ""))
    status, printed, said = m.call("-c", m.path("tieline.conf"), "--print-config")
    m.expect("--print-config", (status, said), (0, ""))
    with open(m.path("printed.conf"), "w", encoding="utf-8") as file:
        file.write(printed)
    m.expect("the print-out checked", m.call("-c", m.path("printed.conf"), "--check-config"), (0, "", ""))
    m.expect(
        "the print-out printed", m.call("-c", m.path("printed.conf"), "--print-config"), (0, printed, "")
    )
    place = m.path("bad.conf")
    with open(place, "w", encoding="utf-8") as file:
        file.write("[sip]\nlissten = 127.0.0.1:5060\n[trunk pbx]\nspan = e1\nspan = e1\n")
    status, printed, said = m.call("-c", place, "--check-config")
    m.expect("--check-config of a bad file", (status, printed), (1, ""))
    m.expect(
        "the lines of its mistakes",
        [line.split(" ")[0] for line in said.splitlines()],
        ["%s:%d:" % (place, line) for line in (2, 4, 5)],
    )
    status, _, said = m.call("-c", m.path("none.conf"))
    m.expect("no file", (status, said.count("\n"), m.path("none.conf") in said), (1, 1, True))


def cannot_open(m):
    """What is in use, or not to be had: one line that names the setting, status 1."""
    good = m.configuration()
    holder = m.namespace.start("holder", ["python3", "-c", HOLD_UDP, "127.0.0.1", "5055"], m.path("holder.log"))
    wait_for(lambda: "held" in holder.tail(), 5)
    for setting, change in (
        ("[sip] listen", "[sip] listen = 127.0.0.1:5055"),
        ("[span e1] local", "[span e1] local = 127.0.0.1:5055"),
        ("[system] control", "[system] control = /proc/none/control"),
        ("[media] address", "[media] address = 192.0.2.99"),
    ):
        m.write(config.apply({group: dict(keys) for group, keys in good.items()}, [change]))
        for _ in range(5):
            status, _, said = m.call("-c", m.path("tieline.conf"))
            errors = [line for line in said.splitlines() if " error " in line]
            if status != 1 or len(errors) != 1 or setting not in errors[0]:
                m.fail("%s: status %d, said %r" % (change, status, said))
                break


def reload(m):
    """New settings by tielinectl and by SIGHUP: what can apply applies, lines stay as they were
    opened, and a bad file changes nothing."""
    m._open_daemon()
    m.line_up()
    settings = m.configuration()
    settings["sip"]["listen"] = "127.0.0.1:5099"
    settings["route out"]["called"] = "2XX"
    # A span before the one that is open, and its trunk before the other.
    added = {"span before": {"local": "127.0.0.1:40101", "remote": "127.0.0.2:40102"}, "trunk before": {"span": "before"}}
    m.write({**added, **settings})
    said = m.desk.tell("reload").strip()
    m.expect(
        "tielinectl reload",
        said,
        "settings read; these wait for a restart: [sip] listen, [span before] added, [trunk before] added",
    )
    phone = m.stand_a_call()
    m.expect("the call ends", m.desk.tell("hangup", str(m.desk.ask("show", "calls")[0]["call"])) != "", True)
    m.expect("the phone", phone.wait(time.monotonic() + 10), 0)
    m.expect("a number that has no route any more", m.ask_sip("INVITE", "sip:300@127.0.0.1"), "404")
    with open(m.path("tieline.conf"), "a", encoding="utf-8") as file:
        file.write("[nonsense]\n[sip]\n")
    m.daemon.popen.send_signal(signal.SIGHUP)
    if not wait_for(lambda: "the old settings stay" in m.log(), 5):
        m.fail("a bad file is not told after SIGHUP")
    m.expect("lines of mistakes in the log", m.log().count("tieline.conf:"), 2)
    m.expect("a call after the bad file", m.ask_sip("INVITE", "sip:300@127.0.0.1"), "404")
    m.expect("no channel stays busy", wait_for(lambda: m.desk.busy_channels() == 0, 5), True)


def reload_users(m):
    """Users that cannot be read are a mistake like any other: the reload fails, old settings and users stay."""
    settings = m.configuration()
    settings["proxy"] = {"mode": "standby"}
    settings["registrar"] = {"store": m.path("store.db")}
    settings["guard"] = {"users": m.path("users"), "realm": "house"}
    settings["policy all"] = {"action": "challenge"}
    m.configuration = lambda: settings

    def users(text):
        with open(m.path("users"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(m.path("users"), 0o600)

    def asked(when, number, status):
        m.expect("a call to %s %s" % (number, when), m.ask_sip("INVITE", "sip:%s@127.0.0.1" % number), status)

    good = "201:house:%s\n" % hashlib.md5(b"201:house:secret").hexdigest()
    users(good)
    m._open_daemon()
    asked("without credentials", "200", "407")
    # Nobody would be asked any more, if these settings came without their users.
    settings["policy all"] = {"action": "allow"}
    m.write(settings)
    users("nonsense\n")
    m.expect("tielinectl reload", m.desk.tell("reload"), "")
    asked("after a reload without users", "200", "407")
    m.daemon.popen.send_signal(signal.SIGHUP)
    if not wait_for(lambda: "the old settings stay" in m.log(), 5):
        m.fail("broken users are not told after SIGHUP")
    m.expect("their line in the log", "%s:1" % m.path("users") in m.log(), True)
    asked("after SIGHUP", "200", "407")
    users(good)
    m.expect("tielinectl reload of what is right", m.desk.tell("reload") != "", True)
    m.expect("nobody is asked any more", m.ask_sip("INVITE", "sip:nobody@127.0.0.1"), "404")


def drain(m):
    """Draining: new calls of both sides and OPTIONS are refused, the standing call goes on; undrain."""
    m._open_daemon()
    m.line_up()
    phone = m.stand_a_call()
    m.expect("OPTIONS", m.ask_sip("OPTIONS", "sip:127.0.0.1"), "200")
    m.desk.tell("drain")
    m.expect("INVITE while draining", m.ask_sip("INVITE", "sip:201@127.0.0.1"), "503")
    m.expect("OPTIONS while draining", m.ask_sip("OPTIONS", "sip:127.0.0.1"), "503")
    m.expect("calls up", m.desk.calls_up(), 1)
    m.desk.tell("hangup", str(m.desk.ask("show", "calls")[0]["call"]))
    m.expect("the phone", phone.wait(time.monotonic() + 10), 0)
    m.pbx.end()
    status = m.pbx_says(
        "expect up within 15s", "call 100 from 200 channel 3", "expect RELEASE COMPLETE cause 41 within 5s"
    )
    m.expect("SETUP while draining", status, 0)
    m.desk.tell("undrain")
    m.line_up()
    m.expect("OPTIONS after undrain", m.ask_sip("OPTIONS", "sip:127.0.0.1"), "200")
    m.stand_a_call()


def grace_over(m):
    """The grace time runs out: the call left is cleared, the daemon is gone soon after."""
    m._open_daemon()
    m.line_up()
    phone = m.stand_a_call()
    took = m.leave(10)
    m.expect("it waited for the time of grace (1 s): %.1f s" % took, 0.9 < took < 6, True)
    m.expect("the phone heard BYE", phone.wait(time.monotonic() + 5), 0)
    m.expect("the PBX heard cause 41", '"DISCONNECT"' in m.pbx.tail(1000) and '"cause":41' in m.pbx.tail(1000), True)


def grace_used(m):
    """The last call ends within the time of grace: the daemon leaves at once."""
    m.case.settings = ["[system] grace = 60s"]
    m._open_daemon()
    m.line_up()
    phone = m.stand_a_call()
    m.daemon.popen.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    m.expect("it waits for the call", m.daemon.status, None)
    m.expect("INVITE while leaving", m.ask_sip("INVITE", "sip:201@127.0.0.1"), "503")
    m.desk.tell("hangup", str(m.desk.ask("show", "calls")[0]["call"]))
    m.expect("the phone", phone.wait(time.monotonic() + 10), 0)
    m.expect("status", m.daemon.wait(time.monotonic() + 5), 0)


LINES = (("127.0.0.1:40001", "127.0.0.2:40002"), ("127.0.0.1:40003", "127.0.0.2:40004"))


def transit(m):
    """A call from trunk to trunk: both PBXs hear each other octet by octet, their causes cross."""
    settings = m.configuration()
    cross = {"from": "pbx", "called": "3XX", "to": "trunk other", "transit": "yes"}
    settings = {"route cross": cross, **settings}
    settings["span e1"].update({"buffer": "12"})
    settings["span e2"] = {**settings["span e1"], "local": LINES[1][0], "remote": LINES[1][1]}
    settings["trunk other"] = {**settings["trunk pbx"], "span": "e2"}
    settings["media"]["jitter"] = "60ms"
    m.configuration = lambda: settings
    m._open_daemon()
    sound.write_patterns(m.path)
    with open(m.path("script"), "w", encoding="utf-8") as file:
        file.write(
            "for 3XX ring then answer after 300ms then record %s then play %s\n"
            "for 4XX disconnect 21\nexpect up within 20s\nwait 500ms\n"
            "call 300 from 200 on 0\nexpect CONNECT within 5s\nrecord %s\nplay %s\nwait 13s\n"
            "disconnect 31\nexpect idle within 5s\nwait 300ms\n"
            % tuple(m.path(name) for name in ("far.heard", "phone.say", "near.heard", "pbx.say"))
        )
    command = [m.program("tieline-pbx"), "-s", m.path("script")]
    for local, remote in LINES:
        command += ["--span", "local=%s,remote=%s,packet=5,buffer=12" % (remote, local)]
    pbx = m.namespace.start("tieline-pbx", m._in_time() + command, m.path("pbx.log"))
    m.expect("the PBX's script", pbx.wait(time.monotonic() + 45), 0)
    m.expect("DISCONNECT 31 crosses", pbx.tail(1000).count('"message":"DISCONNECT"') >= 2, True)
    for way, said, heard in (("there", "pbx.say", "far.heard"), ("back", "phone.say", "near.heard")):
        with open(m.path(said), "rb") as one, open(m.path(heard), "rb") as other:
            for fault in audio.sample_exact(way, one.read(), other.read()):
                m.fail(fault)
    m.expect("no call is left", wait_for(m.desk.no_calls, 5), True)


STORIES = (check_config, cannot_open, reload, reload_users, drain, grace_over, grace_used, transit)


def end(m):
    """Everything goes; the daemon with status 0, and no sanitizer spoke."""
    if m.pbx and m.pbx.status is None:
        m.pbx.end()
    if m.daemon and m.daemon.status is None:
        m.expect("status at the end", m.daemon.end(signal.SIGTERM, 15), 0)
    if m.daemon and ("Sanitizer" in m.log() or "runtime error:" in m.log()):
        m.fail("a sanitizer speaks: " + m.daemon.tail(60))


def run(build, story, stage=Manners):
    """The failures of STORY on STAGE, as texts."""
    with stage(build, "manners " + story.__name__) as m:
        try:
            story(m)
        except (RuntimeError, subprocess.TimeoutExpired, OSError, LookupError) as error:
            m.fail(str(error))
        end(m)
        if m.outcome.failures and m.daemon:
            m.fail("the log ends:\n" + m.daemon.tail(25))
        return m.outcome.failures


def title(story):
    return "manners: " + " ".join(story.__doc__.split()).rstrip(".")


def main():
    import sys

    bad = 0
    for story in STORIES:
        if len(sys.argv) > 2 and story.__name__ not in sys.argv[2:]:
            continue
        failures = run(os.path.abspath(sys.argv[1]), story)
        bad += bool(failures)
        print("FAIL" if failures else "pass", title(story), *failures, sep="\n    ")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
