# What strangers and dishonest phones try at the proxy's port: each try is refused, counted, and told
# in one line of log with its source address.
import os
import re
import subprocess
import time

import config
import manners
from namespace import wait_for
from stage import HERE

SOURCE = "127.0.0.66"
# One REFER without credentials; prints its final status. The second argument is a whole header of
# its own, or nothing.
REFER = """
import socket, sys
source, extra, tag = sys.argv[1:4]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, 0))
s.settimeout(5)
here = "%s:%d" % s.getsockname()
s.sendto(("REFER sip:202@127.0.0.1 SIP/2.0\\r\\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\\r\\n%sFrom: <sip:201@127.0.0.1>;tag=1\\r\\n"
          "To: <sip:202@127.0.0.1>%s\\r\\nCall-ID: %s\\r\\nCSeq: 1 REFER\\r\\nContact: <sip:201@%s>\\r\\nMax-Forwards: 70\\r\\n"
          "Refer-To: <sip:0900123456@127.0.0.1>\\r\\nContent-Length: 0\\r\\n\\r\\n" % (
          here, here, tag, extra, tag, here + tag, here)).encode(), ("127.0.0.1", 5060))
print(s.recv(4096).split()[1].decode())
"""
# A phone that answers every INVITE with a 302 to CONTACT, and tells each request it gets.
FORWARDER = """
import re, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 5060))
print("listening", flush=True)
while True:
    data, source = s.recvfrom(65535)
    method = data.split(b" ", 1)[0].decode()
    print(method, flush=True)
    if method != "INVITE":
        continue
    lines = data.decode().split("\\r\\n")
    kept = [one for one in lines if re.match(r"(Via|From|To|Call-ID|CSeq):", one)]
    kept = [one + ";tag=forwarder" if one.startswith("To:") else one for one in kept]
    s.sendto("\\r\\n".join(["SIP/2.0 302 Moved Temporarily"] + kept + ["Contact: <%s>" % sys.argv[2], "Content-Length: 0", "", ""]).encode(), source)
"""


class Intruder(manners.Manners):
    """A daemon with a proxy that asks for credentials, and what the tests ask of it."""

    def __init__(self, build, name):
        super().__init__(build, name)
        self.case.numbers, self.case.passwords = {"A": "201"}, {"A": "secret"}
        self.case.settings = [
            "[phone 202] contact = sip:202@127.0.0.12:5060",
            "[policy all] action = challenge",
            "[class house] networks = 127.0.0.0/8",
            "[route out] called = 09.",
        ]
        self.counted, self.told = {}, 0

    def counters(self):
        return {row["counter"]: row["value"] for row in self.desk.ask("show", "counters")}

    def lines(self, source):
        """What the log says of SOURCE and is no success."""
        return [
            line
            for line in self.log().splitlines()
            if re.search(r"\b%s\b" % re.escape(source), line) and "registrar: 201 at" not in line
        ]

    def begin(self, source=SOURCE):
        self.counted, self.told = self.counters(), len(self.lines(source))

    def expect_told(self, counter, pattern, source=SOURCE):
        """Since begin(): COUNTER has risen by one, and one line was written, which fits PATTERN."""
        wait_for(lambda: len(self.lines(source)) > self.told, 2)
        lines = self.lines(source)[self.told :]
        self.expect("lines of log", len(lines), 1)
        if not any(re.search(pattern, line) for line in lines):
            self.fail("the log says %r, which is no '%s'" % (lines, pattern))
        rise = self.counters().get(counter, 0) - self.counted.get(counter, 0)
        self.expect("counter '%s' rises by" % counter, rise, 1)

    def here(self, *words):
        """The output of a program in the namespace."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace.name, *words],
            stdout=subprocess.PIPE,
            timeout=30,
            check=False,
        )
        return done.stdout.decode().split("\n")[:-1]

    def phone(self, method, *words):
        """digest_client.py's lines."""
        client = os.path.join(HERE, "digest_client.py")
        return self.here(
            "python3", client, method, "%s:5060" % config.GATEWAY, "--local", SOURCE, *words
        )


def wrong_credentials(m):
    """A wrong password and an unknown user are refused alike, counted, and told with their source."""
    m._open_daemon()
    seen = []
    for user, password in (("201", "guess"), ("299", "secret")):
        m.begin()
        seen.append(m.phone("REGISTER", "--user", user, "--password", password))
        pattern = r'guard: wrong-credentials from %s port \d+: REGISTER, user "%s"$' % (SOURCE, user)
        m.expect_told("wrong credentials", pattern)
    m.expect("answers to a wrong password", seen[0], ["REGISTER 401 MD5"] * 2)
    m.expect("answers to an unknown user", seen[1], seen[0])


def replayed_nonce(m):
    """A nonce whose count was used is refused, counted, and told with its source."""
    m._open_daemon()
    m.begin()
    seen = m.phone("REGISTER", "--times", "2", "--replay")
    m.expect("answers", seen, ["REGISTER 401 MD5", "REGISTER 200", "REGISTER 401 MD5 stale"])
    pattern = r'guard: replayed-nonce from %s port \d+: REGISTER, user "201"$' % SOURCE
    m.expect_told("replayed nonces", pattern)


def foreign_to(m):
    """A REGISTER for somebody else is refused, counted, and told with its source; nobody is bound."""
    m._open_daemon()
    m.begin()
    seen = m.phone("REGISTER", "--aor", "203")
    m.expect("answers", seen, ["REGISTER 401 MD5", "REGISTER 403"])
    pattern = r'guard: foreign-to from %s port \d+: REGISTER, user "201"$' % SOURCE
    m.expect_told("REGISTERs for somebody else", pattern)
    m.expect("an INVITE to that user", m.phone("INVITE", "--uri", "sip:203@127.0.0.1")[-1:], ["INVITE 404"])


def premium_redirection(m):
    """A 302 to a premium number is neither followed nor handed on; it is counted, and told with its source."""
    for follow in (False, True):
        if follow:
            m.case.settings.append("[proxy] follow = 127.0.0.12")
        m._open_daemon()
        words = ["python3", "-c", FORWARDER, "127.0.0.12", "sip:0900123456@127.0.0.1"]
        phone = m.namespace.start("forwarder", words, m.path("forwarder.log"))
        wait_for(lambda: "listening" in phone.tail(), 5)
        m.begin("127.0.0.12")
        seen = m.phone("INVITE", "--uri", "sip:202@127.0.0.1")
        if not seen or seen[-1] in ("INVITE 302", "INVITE timeout"):
            m.fail("answers: %r" % seen)
        pattern = r"phones: .*premium number.*, from 127\.0\.0\.12:5060, is not followed$"
        m.expect_told("class: premium barred", pattern, "127.0.0.12")
        rise = m.counters()["proxy requests to the gateway"] - m.counted["proxy requests to the gateway"]
        m.expect("requests to the gateway", rise, 0)
        m.expect("what the phone got", phone.tail().split("\n"), ["listening", "INVITE", "ACK"])
        phone.end()
        m.expect("status after SIGTERM", m.daemon.end(), 0)


def stranger_refers(m):
    """A REFER without credentials, alone or as if of a call, reaches nobody, is counted, and told with its source."""
    m._open_daemon()
    words = ["python3", "-c", FORWARDER, "127.0.0.12", "sip:203@127.0.0.1"]
    phone = m.namespace.start("forwarder", words, m.path("forwarder.log"))
    wait_for(lambda: "listening" in phone.tail(), 5)
    for extra, tag in (("", ""), ("Route: <sip:127.0.0.1;lr>\r\n", ";tag=made-up")):
        m.begin()
        seen = m.here("python3", "-c", REFER, SOURCE, extra, tag)
        m.expect("answer", seen, ["407"])
        m.expect_told("requests challenged", r"guard: no-credentials from %s port \d+: REFER$" % SOURCE)
    time.sleep(0.1)
    m.expect("what the phone got", phone.tail(), "listening")


STORIES = (wrong_credentials, replayed_nonce, foreign_to, premium_redirection, stranger_refers)


def run(build, story):
    """The failures of STORY, as texts."""
    return manners.run(build, story, Intruder)


def title(story):
    return "intruder: " + " ".join(story.__doc__.split()).rstrip(".")
