# Reads a flow file: who takes part, what each party is told to do, which messages must cross the
# wire, what must precede what.
#
# tests/house/README.md describes the syntax.
import copy
import os
import re

import config
import digits
import phone_script
import primary
import softphone
import case_spans

Q931_MESSAGES = {
    "ALERTING",
    "CALL PROCEEDING",
    "PROGRESS",
    "SETUP",
    "CONNECT",
    "SETUP ACKNOWLEDGE",
    "CONNECT ACKNOWLEDGE",
    "DISCONNECT",
    "RESTART",
    "RELEASE",
    "RESTART ACKNOWLEDGE",
    "RELEASE COMPLETE",
    "HOLD",
    "HOLD ACKNOWLEDGE",
    "HOLD REJECT",
    "RETRIEVE",
    "RETRIEVE ACKNOWLEDGE",
    "RETRIEVE REJECT",
    "NOTIFY",
    "STATUS ENQUIRY",
    "INFORMATION",
    "STATUS",
    "FACILITY",
    "SERVICE",
    "SERVICE ACKNOWLEDGE",
}
SIP_METHODS = {
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "PRACK",
    "UPDATE",
    "INFO",
    "REFER",
    "NOTIFY",
    "MESSAGE",
    "REGISTER",
    "SUBSCRIBE",
}
ROLES = ("pbx", "gateway", "phone", "proxy", "silent")
PROXIES = {"stateful": "kamailio", "stateless": "kamailio-stateless", "registrar": "kamailio-registrar"}
RULES = {
    "cause",
    "location",
    "reason",
    "no-reason",
    "preempted",
    "sdp",
    "no-sdp",
    "hold",
    "pi",
    "no-pi",
    "called",
    "calling",
    "connected",
    "asserted",
    "name",
    "channel",
    "interface",
    "on-span",
    "uri",
    "has",
    "lacks",
    "restart",
    "service",
    "optional",
    "notify",
    "state",
    "call",
    "complete",
    "incomplete",
    "anywhere",
    "on",
    "exclusive",
    "bearer",
    "ton",
    "of",
    "contacts",
    "sent",
    "ie",
    "says",
    "warning",
    "media-at",
    "series",
}
STEP = re.compile(r"^\s*(\d+)\.\s+(\S+)\s*>\s*(\S+)\s+(.*)$")
RELAYED = re.compile(r"^\s*(\d+),(\d+)\.\s+(\S+)\s*>\s*(\S+)\s*>\s*(\S+)\s+(.*)$")
RESPONSE = re.compile(r"^([1-6]\d\d(?:\|[1-6]\d\d)*)(?:\(([A-Z]+)\))?$")
EDGE = re.compile(r"^(\d+)\s*<\s*(\d+)$")
APART = re.compile(r"^(\S+)\s+(\S+)\s+([\d.]+)s\.\.([\d.]+)s$")
# What evidence.py sees on the line besides messages: its packets stop and come again; layer 2 is
# released and established anew. On the second span it is down-2, and so on.
MARKS = ("down", "up", "DISC", "UA") + tuple(
    "%s-%d" % (mark, span) for span in range(2, case_spans.Spans.MOST + 1) for mark in ("down", "up", "DISC", "UA")
)


class FlowError(Exception):
    """A flow file that cannot be read; the text names file and line."""


class Step:
    """One listed message: number, sender, receiver, names that satisfy it, rules on its content."""

    def __init__(self, number, src, dst, names, method, rules):
        self.number, self.src, self.dst, self.names, self.method, self.rules = (
            number,
            src,
            dst,
            names,
            method,
            rules,
        )
        self.is_q931 = method is None
        self.is_request = names[0] in SIP_METHODS and not self.is_q931
        self.group = None  # the transaction or Q.931 call in which it is ordered

    @property
    def anywhere(self):
        """Not bound to its place: may come at any time after its call has begun, or not at all."""
        return "anywhere" in self.rules

    @property
    def optional(self):
        return self.anywhere or "optional" in self.rules or self.names == ["100"]

    def __str__(self):
        name = "|".join(self.names)
        if not self.is_q931 and not self.is_request and self.method != "INVITE":
            name += "(%s)" % self.method
        rules = " ".join(
            key if value is True else "%s=%s" % (key, value) for key, value in self.rules.items()
        )
        return "%d. %s > %s %s%s" % (
            self.number,
            self.src,
            self.dst,
            name,
            " " + rules if rules else "",
        )


class Case:
    """One run of a flow: everything the house needs to set it up and the checker needs to judge
    it."""

    def __init__(self):
        self.name = ""
        self.parties, self.peers, self.preludes = {}, [], []
        self.pbx, self.settings, self.mutants = [], [], []
        self.at = {}  # {party: its addresses, where they are not the usual one; the gateway's beside it}
        self.clients, self.asks = {}, {}  # callers by digest_client.py; {proxy: its password}
        self.scripts = {}  # of phones: {party: (values, actions)}, see phone_script.py
        self.softphones = {}  # {party: (values, lines)}, see softphone.py
        self.numbers, self.roaming = {}, []  # {phone: its number}; who has no static entry
        self.proxy = ("kamailio", {})  # the configuration of the proxy P, and what it is filled with
        self.primary = {}  # what becomes of the proxy that the gateway stands by, see primary.py
        self.zone = []  # of a name server, as dns_server.py reads it
        self.passwords = {}  # of phones, where credentials are asked for
        self.steps, self.causality, self.apart = [], [], []
        self.handed_on = []  # edges between steps that one line lists
        self.audio, self.no_rtp, self.tone, self.digits = None, None, None, None
        self.silence = None
        self.timeout, self.span_up = 25.0, True
        self.spans = case_spans.Spans()
        self.out_of_service, self.back_in_service, self.ladder = 0, 0, False
        self.desk = []  # (when, words of a command to tielinectl)
        self.aside = 0  # the channel that rests afterwards

    def counts_samples(self):
        """No sample may be lost, however late a busy machine lets the line be served."""
        compared = any("expect pattern" in line for line in self.pbx or [])
        return bool(self.audio or self.digits or compared)


def on_switch(case, switch, optional=False):
    """CASE without the steps that belong to other switch types than SWITCH: on=ni2,qsig/cpe names a
    type on either side, or on one. OPTIONAL: those that may be left out stay."""
    out = copy.copy(case)
    name = switch.partition("/")[0]
    names = {name, "%s/%s" % (name, config.side(switch))}
    out.steps = [
        step
        for step in case.steps
        if "on" not in step.rules
        or names & set(step.rules["on"].split(","))
        or (optional and step.optional)
    ]
    here = {step.number for step in out.steps}
    out.causality = [edge for edge in case.causality if here.issuperset(edge)]
    return out


class Flow:
    """A flow file: id, title, source, the switch types it runs on, and its cases (one, unnamed, as
    a rule)."""

    def __init__(self, path):
        self.path, self.id, self.title, self.source = path, "", "", ""
        self.switches, self.cases = ["euroisdn"], []
        self.matrix = []  # further switch types, on which it is only played and checked


def read_rules(words, place):
    rules = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key not in RULES:
            raise FlowError(
                "%s: '%s' is no rule; rules are %s" % (place, key, " ".join(sorted(RULES)))
            )
        rules[key] = value if equals else True
    return rules


def read_step(line, parties, place):
    """A Step from its line: "4. PHB > GW1 180|183 sdp"."""
    match = STEP.match(line)
    if not match:
        raise FlowError("%s: a step reads 'N. FROM > TO MESSAGE rules'" % place)
    number, src, dst, rest = int(match[1]), match[2], match[3], match[4].split()
    for party in (src, dst):
        if party not in parties:
            raise FlowError("%s: party %s is not declared" % (place, party))
    name = [word for word in rest if word.upper() == word and "=" not in word]
    if rest[: len(name)] != name or not name:
        raise FlowError("%s: the message's name comes first, in capitals" % place)
    rules = read_rules(rest[len(name) :], place)
    response = RESPONSE.match(name[0]) if len(name) == 1 else None
    if response:
        return Step(number, src, dst, response[1].split("|"), response[2] or "INVITE", rules)
    names = " ".join(name).split("|")
    roles = {parties[src], parties[dst]}
    if "pbx" in roles:
        if not all(one in Q931_MESSAGES for one in names):
            raise FlowError("%s: %s is no Q.931 message" % (place, "|".join(names)))
        return Step(number, src, dst, names, None, rules)
    if len(names) != 1 or names[0] not in SIP_METHODS:
        raise FlowError("%s: %s is neither a SIP method nor a status" % (place, "|".join(names)))
    return Step(number, src, dst, names, names[0], rules)


def read_steps(line, parties, place):
    """(Steps, edges) of a line: one step, or "4,5. A > P > B INVITE", which P hands on."""
    match = RELAYED.match(line)
    if not match:
        return [read_step(line, parties, place)], []
    numbers, ends = (match[1], match[2]), (match[3], match[4], match[5])
    steps = [
        read_step("%s. %s > %s %s" % (numbers[n], ends[n], ends[n + 1], match[6]), parties, place)
        for n in (0, 1)
    ]
    return steps, [(steps[0].number, steps[1].number)]


def group_steps(steps, parties, place):
    """Gives every step the transaction or the Q.931 call it belongs to: the unit within which order
    binds."""
    counts, open_transactions, groups = {}, {}, {}
    for step in steps:
        groups[step.number] = step
        if "of" in step.rules:
            request = groups.get(int(step.rules["of"]))
            fits = step.is_request == (step.method == "ACK")
            if request is None or request.group is None or not fits:
                raise FlowError("%s: step %d belongs to no listed request" % (place, step.number))
            step.group = request.group
        elif step.is_q931:
            if step.names[0].startswith(("RESTART", "SERVICE")):
                kind = step.names[0].split()[0]
                origin = step.src if step.names[0] == kind else step.dst
                step.group = (kind.lower(), origin)
            else:
                step.group = ("call", int(step.rules.get("call", 1)))
        elif step.is_request and step.method != "ACK":
            ends = (step.src, step.dst, step.method)
            counts[ends] = counts.get(ends, 0) + 1
            step.group = open_transactions[ends] = ends + (counts[ends],)
        else:
            ends = (
                (step.src, step.dst, "INVITE")
                if step.method == "ACK"
                else (step.dst, step.src, step.method)
            )
            if ends not in open_transactions:
                raise FlowError("%s: step %d belongs to no listed request" % (place, step.number))
            step.group = open_transactions[ends]


def read_edges(text, steps, place):
    numbers = {step.number for step in steps}
    edges = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = EDGE.match(part)
        if not match or not {int(match[1]), int(match[2])} <= numbers:
            raise FlowError("%s: '%s' is no edge between listed steps" % (place, part))
        edges.append((int(match[1]), int(match[2])))
    return edges


class Reader:
    """Goes through the lines of one file; blocks (pbx, settings, steps) end with "end"."""

    def __init__(self, path):
        self.flow, self.path, self.number = Flow(path), path, 0
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        self.base = Case()  # what stands before the first "case" is common to all
        self.case = self.base
        self.edge_lines = {}

    def place(self):
        return "%s:%d" % (os.path.basename(self.path), self.number)

    def next_line(self):
        while self.number < len(self.lines):
            self.number += 1
            line = self.lines[self.number - 1]
            if line.strip() and not line.lstrip().startswith("#"):
                return line.rstrip()
        return None

    def block(self):
        out = []
        while True:
            line = self.next_line()
            if line is None:
                raise FlowError("%s: a block without 'end'" % self.place())
            if line.strip() == "end":
                return out
            out.append(line.strip())

    def read(self):
        while (line := self.next_line()) is not None:
            keyword, _, rest = line.strip().partition(" ")
            reader = getattr(self, "read_" + keyword.replace("-", "_"), None)
            if reader is None:
                raise FlowError("%s: '%s' is no keyword" % (self.place(), keyword))
            reader(rest.strip())
        self.finish_case()
        if not self.flow.id or not self.flow.title or not self.flow.cases:
            raise FlowError("%s: a flow needs flow, title and steps" % self.place())
        return self.flow

    def finish_case(self):
        if self.case is self.base and self.flow.cases:
            return
        if not self.case.steps:
            if self.case is self.base:
                return
            raise FlowError("%s: case %s has no steps" % (self.place(), self.case.name))
        group_steps(self.case.steps, self.case.parties, self.place())
        text, place = self.edge_lines.get(id(self.case), ("", self.place()))
        self.case.causality = read_edges(text, self.case.steps, place) + self.case.handed_on
        known = {str(step.number) for step in self.case.steps} | set(MARKS)
        for one in self.case.apart:
            if not known.issuperset(one[:2]):
                raise FlowError("%s: apart %s %s: no step, no mark" % (self.place(), *one[:2]))
        self.flow.cases.append(self.case)

    def read_flow(self, rest):
        self.flow.id = rest

    def read_title(self, rest):
        self.flow.title = rest

    def read_source(self, rest):
        self.flow.source = rest

    def read_switch(self, rest):
        self.flow.switches = self.known_switches(rest.split())

    def read_matrix(self, rest):
        """matrix network|both|TYPES: the further switch types it is played on."""
        words = {"network": config.EVERY_SWITCH[: len(config.SWITCHES)], "both": config.EVERY_SWITCH}
        for switch in self.known_switches(words.get(rest) or rest.split()):
            self.flow.matrix.append(switch.removesuffix("/network"))

    def known_switches(self, words):
        for word in words:
            name, _, side = word.partition("/")
            if name not in config.SWITCHES or (side or "network") not in config.SIDES:
                raise FlowError(
                    "%s: %s is none of %s" % (self.place(), word, " ".join(config.EVERY_SWITCH))
                )
        return words

    def read_case(self, rest):
        if self.case is not self.base or self.base.steps:
            self.finish_case()
        edges = self.edge_lines.get(id(self.base))
        self.case = copy.deepcopy(self.base)
        if edges and self.base.steps:
            self.edge_lines[id(self.case)] = edges
        self.case.name = rest

    def read_parties(self, rest):
        for pair in rest.split():
            name, _, role = pair.partition("=")
            if role not in ROLES:
                raise FlowError(
                    "%s: %s: a role is one of %s" % (self.place(), pair, " ".join(ROLES))
                )
            self.case.parties[name] = role

    def read_peer(self, rest):
        """peer PARTY SCENARIO key=value..."""
        words = rest.split()
        if len(words) < 2 or words[0] not in self.case.parties:
            raise FlowError("%s: peer PARTY SCENARIO key=value..." % self.place())
        values = dict(word.split("=", 1) for word in words[2:])
        self.case.peers.append((words[0], words[1], values))

    def read_at(self, rest):
        """at PARTY ADDRESS...: where a phone is; which addresses the gateway has beside its own."""
        party, *addresses = rest.split()
        if self.case.parties.get(party) not in ("phone", "gateway") or not addresses:
            raise FlowError("%s: at PARTY ADDRESS..., a phone or the gateway" % self.place())
        self.case.at[party] = addresses

    def read_numbers(self, rest):
        """numbers A=201 B=202: the gateway is the proxy of these phones."""
        self.case.numbers = dict(pair.split("=", 1) for pair in rest.split())
        for party in self.case.numbers:
            if self.case.parties.get(party) != "phone":
                raise FlowError("%s: %s is no phone" % (self.place(), party))

    def read_roaming(self, rest):
        """roaming A B: phones that the gateway does not know by its settings."""
        self.case.roaming = rest.split()

    def read_proxy(self, rest):
        """proxy stateful|stateless|registrar [timer-a=50] [refuses=604]: how P is."""
        kind, *words = rest.split()
        if kind not in PROXIES:
            raise FlowError("%s: %s is none of %s" % (self.place(), kind, " ".join(PROXIES)))
        self.case.proxy = (PROXIES[kind], dict(word.split("=", 1) for word in words))

    def read_primary(self, rest):
        """primary frozen|returned|refuses [returns=up:1]: the proxy is the gateway's primary."""
        fate, *words = rest.split()
        if fate not in primary.FATES:
            raise FlowError("%s: %s is none of %s" % (self.place(), fate, " ".join(primary.FATES)))
        self.case.primary = {"fate": fate, **dict(word.split("=", 1) for word in words)}

    def read_zone(self, _):
        """zone: a name server with these records; the gateway asks it for numbers below
        e164.test."""
        self.case.zone = self.block()

    def read_passwords(self, rest):
        """passwords A=secret: the guard asks for credentials, and knows these phones by their
        numbers."""
        self.case.passwords = dict(pair.split("=", 1) for pair in rest.split())

    def read_client(self, rest):
        """client A to=202 via=Q password=word: tests/lib/digest_client.py calls as A."""
        party, *words = rest.split()
        self.case.clients[party] = dict(word.split("=", 1) for word in words)

    def read_asks(self, rest):
        """asks Q=word: the proxy of another make asks every caller for credentials."""
        self.case.asks = dict(pair.split("=", 1) for pair in rest.split())

    def read_phone(self, rest):
        """phone PARTY key=value...: its script follows."""
        party, *words = rest.split()
        if party not in self.case.numbers:
            raise FlowError("%s: %s has no number" % (self.place(), party))
        try:
            actions = phone_script.read_script(self.block())
        except phone_script.ScriptError as error:
            raise FlowError("%s: phone %s: %s" % (self.place(), party, error)) from error
        self.case.scripts[party] = (dict(word.split("=", 1) for word in words), actions)

    def read_softphone(self, rest):
        """softphone PARTY key=value...: baresip plays the script that follows."""
        party, *words = rest.split()
        if party not in self.case.numbers:
            raise FlowError("%s: %s has no number" % (self.place(), party))
        lines = self.block()
        try:
            softphone.read_lines(lines)
        except softphone.SoftphoneError as error:
            raise FlowError("%s: softphone %s: %s" % (self.place(), party, error)) from error
        self.case.softphones[party] = (dict(word.split("=", 1) for word in words), lines)

    def read_prelude(self, rest):
        """prelude PARTY SCENARIO key=value...: calls that stand before the capture begins."""
        words = rest.split()
        values = dict(word.split("=", 1) for word in words[2:])
        self.case.preludes.append((words[0], words[1], values))

    def read_pbx(self, _):
        self.case.pbx = self.block()

    def read_settings(self, _):
        self.case.settings = self.case.settings + self.block()

    def read_mutant(self, rest):
        """mutant [group] key = value: with this setting the flow must fail."""
        match = re.match(r"^\[([^]]+)\]\s*(\S+)\s*=\s*(.*)$", rest)
        if not match:
            raise FlowError("%s: mutant [group] key = value" % self.place())
        self.case.mutants.append((match[1], match[2], match[3]))

    def read_steps(self, _):
        steps, self.case.handed_on = [], []
        for line in self.block():
            more, edges = read_steps(line, self.case.parties, self.place())
            steps += more
            self.case.handed_on += edges
        numbers = [step.number for step in steps]
        if len(set(numbers)) != len(numbers):
            raise FlowError("%s: a step's number comes twice" % self.place())
        self.case.steps = steps

    def read_causality(self, rest):
        self.edge_lines[id(self.case)] = (rest, self.place())

    def read_apart(self, rest):
        """apart A B 1.3s..4s: from the end of A to the beginning of B, steps or marks of the
        line."""
        match = APART.match(rest)
        if not match or float(match[3]) > float(match[4]):
            raise FlowError("%s: apart A B 1.3s..4s" % self.place())
        self.case.apart.append((match[1], match[2], float(match[3]), float(match[4])))

    def read_audio(self, rest):
        """audio PARTY law: both directions, sample exact, between the phone and the PBX."""
        party, law = rest.split()
        self.case.audio = (party, law)

    def read_no_rtp(self, rest):
        """no-rtp A B: between steps A and B the gateway sends the phone no RTP."""
        self.case.no_rtp = tuple(int(word) for word in rest.split())

    def read_tone(self, rest):
        """tone A B 440+480: between steps A and B the first call's timeslot toward the PBX carries
        these frequencies and no other sound."""
        first, last, tone = rest.split()
        self.case.tone = (int(first), int(last), [int(one) for one in tone.split("+")])

    def read_silence(self, rest):
        """silence A B: between steps A and B the first call's timeslot toward the PBX carries no
        sound."""
        self.case.silence = tuple(int(word) for word in rest.split())

    def read_digits(self, rest):
        """digits FROM TO DIGITS on=100 off=100 lose=SEED: see digits.Spec."""
        try:
            self.case.digits = digits.Spec(rest)
        except ValueError as error:
            raise FlowError("%s: %s" % (self.place(), error)) from error

    def read_timeout(self, rest):
        self.case.timeout = float(rest.rstrip("s"))

    def read_out_of_service(self, rest):
        """out-of-service CHANNEL: afterwards the gateway says so of this channel; the others are
        not looked at."""
        self.case.out_of_service = int(rest)

    def read_desk(self, rest):
        """desk up:1 busy-out channel e1/1: the operator says so when one call is up; in turn."""
        when, *words = rest.split()
        self.case.desk = self.case.desk + [(when, words)]

    def read_aside(self, rest):
        """aside CHANNEL: afterwards the gateway says so of this channel, and of no other."""
        self.case.aside = int(rest)

    def read_back_in_service(self, rest):
        """back-in-service CHANNEL: meanwhile the gateway says that it is out of service; afterwards
        it is idle like all others."""
        self.case.back_in_service = int(rest)

    def read_ladder(self, _):
        """ladder: what `tielinectl ladder last` prints is compared with the capture, as a test of
        its own."""
        self.case.ladder = True

    def read_spans(self, rest):
        """spans 2 nfas backup: several; with nfas they share a D channel, or two."""
        try:
            self.case.spans = case_spans.Spans(rest)
        except ValueError as error:
            raise FlowError("%s: %s" % (self.place(), error)) from error

    def read_span(self, rest):
        """span down: no PBX on the line."""
        self.case.span_up = rest != "down"


def read_flow(path):
    """The Flow in the file at PATH; FlowError when it does not follow the rules."""
    return Reader(path).read()


def read_flows(folder):
    """All flows of FOLDER by file name."""
    return [
        read_flow(os.path.join(folder, name))
        for name in sorted(os.listdir(folder))
        if name.endswith(".flow")
    ]
