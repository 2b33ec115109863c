# RFC 4475: every torture message is sent to the proxy port over UDP and over TCP, and what comes of
# it is held against the table.
import json
import os
import re
import signal
import sys
import time

import build
import flow
import torture_player as player
from house import SANITIZER
from stage import HERE, Stage

TABLE = os.path.join(HERE, "..", "house", "torture.tsv")
CORPUS = os.path.join(build.TOP, "..", "shared", "corpus", "rfc4475")
PLAYER = os.path.join(HERE, "torture_player.py")
WAYS = ("udp", "tcp")
PHONES = ("user", "vivekg", "kumiko", "UserB", "t.watson", "remote-target", "joe")
DOMAINS = ["example.com", "example.net", "example.org", "company.com"]
DOMAINS += [one + ".example.com" for one in ("chair-dnrc", "services", "registrar")]
SETTINGS = """
[proxy] mode = standby
[proxy] domains = %s
""".strip()
SETTINGS = (SETTINGS % ", ".join(DOMAINS)).splitlines()
# Users that only a registration can bring about: {name of the contact: address of record}
REGISTERED = {
    "weird": "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
    "sips-user": "sip:sips%3Auser%40example.com@example.net",
    "semi": "sip:user;par=u%40example.net@example.com",
}
# What the set-up cannot give, by message.
EDITS = {
    "intmeth": [(b"NUL:\\\0", b"NUL:\\\1")] + 2 * [(b"*+`.%indeed", b"*--.-indeed")],
    "escnull": [(b"null-%00-null", b"j.null"), (b"null-%00-null", b"j.null")],
    "dblreq": [(b"UDP 192.0.2.15;", b"%WAY 192.0.2.15;")],
    "mpart01": [(b"Route: <sip:127.0.0.1:5080>\r\n", b"")],
    "regescrt": [(b"M: <sip:user@example.com?", b"M: <sip:user@host5.example.com?")],
    "bcast": [(b"192.0.2.198", b"127.0.0.1:5060"), (b"255.255.255.255", b"127.255.255.255")],
}
# Phones answer these with the reason phrase of a response of the corpus.
PHRASES = {"lwsdisp": "unreason", "transports": "noreason"}
VIA = re.compile(rb"^(?:via|v)[ \t]*:", re.I | re.M)
TRANSPORT = re.compile(rb"\b(UDP|TCP|TLS|SCTP)\b")


class Row:
    """One message of the table: expected is {way: [alternatives]}, checks what else must hold."""

    def __init__(self, line):
        self.message, self.clause, over_udp, over_tcp, checks, self.why = line.split("\t")
        over_tcp = over_udp if over_tcp == "=" else over_tcp
        self.expected = {"udp": over_udp.split(" or "), "tcp": over_tcp.split(" or ")}
        self.checks = [] if checks == "-" else [one.partition("=")[::2] for one in checks.split()]


def read_table():
    with open(TABLE, encoding="utf-8") as file:
        return [Row(line.rstrip("\n")) for line in file if not line.startswith("#")]


def read_message(name):
    """The message NAME of the corpus; what stands behind a colon tells two rows of it apart."""
    name = name.partition(":")[0]
    with open(os.path.join(CORPUS, name + ".sip"), "rb") as file:
        return file.read()


def prepare(name, way):
    """The message NAME as it is sent: its topmost Via names the transport that it comes by (RFC
    4475 2 leaves that to the test)."""
    data = read_message(name)
    for old, new in EDITS.get(name, []):
        data = data.replace(old, new.replace(b"%WAY", way.upper().encode()), 1)
    via = VIA.search(data)
    transport = via and TRANSPORT.search(data, via.end())
    if transport:
        data = data[: transport.start()] + way.upper().encode() + data[transport.end() :]
    return data


def phrase_of(name):
    """The reason phrase of a response of the corpus."""
    return read_message(name).split(b"\r\n", 1)[0].split(b" ", 2)[2].decode()


def registers(row):
    """Registrations come last: calls would go where they say."""
    return read_message(row.message).startswith(b"REGISTER")


def jobs(rows, way):
    """What torture_player is to do: registrations, then the table."""
    out = []
    for name, record in REGISTERED.items():
        data = (
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n"
            "From: <%s>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
            "Contact: <sip:%s@%s:5060>\r\nContent-Length: 0\r\n\r\n"
            % (player.PHONE, name, record, record, name, name, player.PHONE)
        ).encode()
        out.append({"name": "+" + name, "data": data.hex(), "patience": 2.0, "over": "phone"})
    for row in sorted(rows, key=registers):
        quiet = {"drop", "wait", "close"} & set(row.expected[way])
        out.append({"name": row.message, "data": prepare(row.message, way).hex()})
        out[-1]["patience"] = 0.3 if quiet else 2.0
        if any(" with " in one for one in row.expected[way]):
            out[-1]["answers"] = 2
        if row.message in PHRASES:
            out[-1]["phrase"] = phrase_of(PHRASES[row.message])
    return [{"over": way, "answers": 1, "phrase": "OK", **job} for job in out]


# -- the judge


class Seen:
    """What came of one message."""

    def __init__(self, sent, events):
        events = [(who, bytes.fromhex(data)) for who, data in events]
        self.sent = sent
        self.whos = {who for who, _ in events}
        self.forwarded = [
            data for who, data in events if who == "phone" and not data.startswith((b"ACK ", b"SIP"))
        ]
        self.answers = [data for who, data in events if who == "sender" and player.is_final(data)]
        self.loud = any(who in ("phone", "sender", "broadcast") for who, _ in events)

    def statuses(self):
        return [data.split(b" ")[1].decode() for data in self.answers]

    def users(self):
        """Users that the phone was called by."""
        return [user_of(data) for data in self.forwarded]

    def __str__(self):
        words = ["answered " + status for status in self.statuses()]
        words += ["forwarded to " + user for user in self.users()]
        words += sorted(self.whos & {"closed", "broadcast", "dead"})
        return ", ".join(words) or "nothing came of it"


def user_of(request):
    match = re.match(rb"\S+ sips?:([^@ ]*)@", request)
    return match[1].decode(errors="replace") if match else "?"


def fits(expected, seen):
    """Is SEEN the alternative EXPECTED?"""
    what, _, rest = expected.partition(" ")
    if what == "forward":
        return seen.users() == [rest] and seen.statuses() in (["200"], ["486"])
    if what == "drop":
        return not seen.loud
    if what == "wait":
        return not seen.loud and "closed" not in seen.whos
    if what == "close":
        return not seen.loud and "closed" in seen.whos
    if rest.startswith("with "):
        return seen.users() == [rest[5:]] and what in seen.statuses()
    return seen.statuses() == [what] and not seen.forwarded


def one_space(value):
    return b" ".join(value.split())


def body(data):
    return data.partition(b"\r\n\r\n")[2]


def vias(data):
    return [
        one for value in player.values(data, b"via", b"v") for one in value.split(b",") if one.strip()
    ]


def is_kept(name, sent, data):
    """A proxy may put values of its own before those that came."""
    before, after = ([one_space(one) for one in player.values(m, name)] for m in (sent, data))
    return bool(before) and after[-len(before) :] == before


def holds(check, value, seen, data):
    """Does CHECK hold of DATA, a forwarded request, or an answer where only that was given?"""
    if check == "keeps":
        return all(is_kept(name.lower().encode(), seen.sent, data) for name in value.split(","))
    if check == "body":
        return body(data) == body(seen.sent)
    if check == "max-forwards":
        return player.values(data, b"max-forwards") == [value.encode()]
    if check == "vias":
        return len(vias(data)) == int(value)
    if check == "lacks":
        return not player.values(data, value.lower().encode())
    if check == "unsupported":
        listed = b",".join(player.values(data, b"unsupported")).replace(b" ", b"").split(b",")
        return set(listed) == set(value.encode().split(b","))
    if check == "contact":
        return any(value.encode() in one for one in player.values(data, b"contact", b"m"))
    raise ValueError(check)


def faults_of_forwarding(seen, data):
    """What every proxy owes a request that it forwards (RFC 3261 16.6)."""
    if not re.match(rb"\S+ [^ <>?]+ SIP/2\.0\r\n", data):
        yield "the request line is %r" % data.split(b"\r\n", 1)[0]
    first = (vias(data) or [b""])[0]
    if b"127.0.0.1" not in first or b"z9hG4bK" not in first:
        yield "the topmost Via is %r" % first
    if not re.search(rb"^" + re.escape(data.split(b" ", 1)[0]) + rb"\s", seen.sent, re.M):
        yield "the method is another"


def judge(row, way, sent, events, phrase="OK"):
    """What is wrong, as texts. EVENTS: torture_player's."""
    seen = Seen(sent, events)
    if "dead" in seen.whos:
        return ["the proxy port answers no more"]
    if not any(fits(one, seen) for one in row.expected[way]):
        return ["%s, where '%s' is asked" % (seen, "' or '".join(row.expected[way]))]
    out = []
    for data in seen.forwarded:
        out += faults_of_forwarding(seen, data)
    subject = (seen.forwarded or seen.answers or [None])[0]
    if any(" with " in one or " alone" in one for one in row.expected[way]):
        subject = min(seen.answers, key=lambda data: data.split(b" ")[1])
    if subject is not None and subject.split(b" ")[1] != b"400":
        broken = [check for check in row.checks if not holds(*check, seen, subject)]
        out += ["%s=%s does not hold of %r" % (*check, subject) for check in broken]
    if seen.forwarded and seen.statuses() == ["200"]:
        if seen.answers[0].split(b"\r\n", 1)[0].split(b" ", 2)[2].decode() != phrase:
            out.append("the phone's reason phrase became %r" % seen.answers[0][:80])
    return out


# -- the stage


class Torture(Stage):
    """A daemon whose proxy port gets the messages; no PBX."""

    def __init__(self, build_folder, name):
        case = flow.Case()
        case.parties, case.timeout = {"A": "phone", "G": "gateway"}, 20.0
        case.settings = SETTINGS + [
            "[phone %s] contact = sip:%s@%s:5060" % (name, name, player.PHONE) for name in PHONES
        ]
        super().__init__(case, "euroisdn", build_folder, name)

    def open(self):
        self._open_daemon()

    def play(self, todo):
        """{name: events} of the jobs in todo."""
        with open(self.path("jobs"), "w", encoding="utf-8") as file:
            json.dump(todo, file)
        process = self.namespace.start(
            "player",
            [sys.executable, PLAYER, self.path("jobs"), self.path("seen")],
            self.path("player.log"),
        )
        status = process.wait(time.monotonic() + 120)
        if status != 0:
            self.fail_badly("torture_player ended with %s: %s" % (status, process.tail(8)))
            raise RuntimeError(self.outcome.failures[-1])
        with open(self.path("seen"), encoding="utf-8") as file:
            return json.load(file)

    def leave(self):
        """What is wrong with the daemon's end, as texts."""
        out = []
        if self.daemon.status is not None:
            out.append("it ended with status %d while messages came" % self.daemon.status)
        elif status := self.daemon.end(signal.SIGTERM, 15):
            out.append("it left with status %d" % status)
        if SANITIZER.search(self.daemon.tail(100000)):
            out.append("a sanitizer speaks in its log")
        return out


# The check that must notice it (None: the judge of every row), what, becomes what, a word on it
SPOILERS = (
    (None, rb"^SIP/2.0 [2-6]\d\d", b"SIP/2.0 699", "another status"),
    (None, rb"^(\S+) sip:[^@]*@", rb"\1 sip:spoiled@", "another user"),
    ("body", rb"\r\n\r\n(?=.)", rb"\r\n\r\n ", "another body"),
    ("max-forwards", rb"\nMax-Forwards: ", rb"\nMax-Forwards: 1", "another Max-Forwards"),
    ("contact", rb"\nContact: ", b"\nSubject: ", "a Contact less"),
    ("unsupported", rb"\nUnsupported: ", b"\nSubject: ", "no Unsupported"),
    ("vias", rb"\nVia: ", b"\nSubject: ", "a Via less"),
)


def spoiled(row, way, events):
    """EVENTS made wrong in ways that ROW does not allow, with a word on each."""
    decoded = [(who, bytes.fromhex(data)) for who, data in events]
    yield "dead", events + [["dead", ""]]
    if not {"drop", "wait"} & set(row.expected[way]):
        yield "nothing came", []
    if not any(who in ("phone", "sender") for who, _ in events):
        stray = b"OPTIONS sip:spoiled@h SIP/2.0\r\n\r\n"
        yield "a phone was called", events + [["phone", stray.hex()]]
    checks = {check for check, _ in row.checks}
    for check, old, new, what in SPOILERS:
        if check and check not in checks:
            continue
        changed = [(who, re.sub(old, new, data, count=1)) for who, data in decoded]
        if changed != decoded:
            yield what, [[who, data.hex()] for who, data in changed]


def survivors(row, way, sent, events, phrase):
    """What of spoiled() the judge does not notice."""
    return [what for what, wrong in spoiled(row, way, events) if not judge(row, way, sent, wrong, phrase)]


def run(build_folder, way):
    """({message: what is wrong, as texts}, ways to spoil the evidence that nobody noticed) over WAY;
    the message "daemon" is the daemon's own end."""
    rows, out, missed = read_table(), {}, []
    with Torture(build_folder, "torture-" + way) as stage:
        stage.open()
        seen = stage.play(jobs(rows, way))
        for row in rows:
            phrase = phrase_of(PHRASES[row.message]) if row.message in PHRASES else "OK"
            evidence = (row, way, prepare(row.message, way), seen[row.message], phrase)
            out[row.message] = judge(*evidence)
            if not out[row.message]:
                missed += ["%s: %s" % (row.message, what) for what in survivors(*evidence)]
        out["daemon"] = stage.leave()
        for name, faults in out.items():
            for fault in faults:
                stage.fail("%s: %s" % (name, fault))
    return out, missed
