# The cause tables on the wire: every Q.850 cause becomes its SIP status, every SIP status its
# cause, as tests/house/causes.tsv says.
#
# One house, many calls: the PBX refuses calls with the cause that the number called ends in; phones
# refuse calls with the status it ends in.
import os

import flow
import house
import stage

TABLE = os.path.join(stage.HERE, "..", "house", "causes.tsv")
PARTIES = {"A": "phone", "G": "gateway", "S": "pbx", "B": "phone"}


RETRIED = (6, 44, 82)  # another channel is tried first: once per channel, three times in all
MEDIA = (65, 70)  # the 488 says in its Warning that the media is the trouble
USER = 0  # location of a cause (Q.850 2.2.3)


class Row:
    """One line of causes.tsv: what comes in, what must go out. key: the number called that stands
    for it."""

    def __init__(self, line):
        self.way, value, expected = line.split("\t")[:3]
        self.warning, self.by_user = value.endswith("w"), value.endswith("u")
        self.value, self.expected = int(value.rstrip("wu")), int(expected)
        first = {"cause": 6 if self.by_user else 9, "status": 7 if self.warning else 8}[self.way]
        self.key = "%d%03d" % (first, self.value)

    def __str__(self):
        if self.way == "cause":
            by_user = " by the user" if self.by_user else ""
            return "cause %d%s becomes %d" % (self.value, by_user, self.expected)
        return "%d%s becomes cause %d" % (
            self.value,
            " with Warning 304" if self.warning else "",
            self.expected,
        )

    def refusal(self):
        """How the PBX refuses: tieline-pbx as user speaks for its private network, so that the
        user's own DISCONNECT is spelt out."""
        if not self.by_user:
            return "disconnect %d after 20ms" % self.value
        return "raw 45080280%02x" % (0x80 | self.value)

    def wrong(self):
        """An outcome that must be noticed, as an override of the trunk: (group, key, value)."""
        if self.way == "cause":
            return ("trunk pbx", "cause.%d" % self.value, str(604 if self.expected != 604 else 605))
        return ("trunk pbx", "status.%d" % self.value, str(111 if self.expected != 111 else 95))


def read_rows():
    with open(TABLE, encoding="utf-8") as file:
        return [
            Row(line.rstrip("\n")) for line in file if line.strip() and not line.startswith("#")
        ]


ACCEPT = "".join(
    '  <recv response="%d" optional="true" next="refused" />\n' % status
    for status in [
        *range(400, 418),
        *range(420, 424),
        433,
        *range(480, 495),
        *range(501, 506),
        513,
        580,
        *range(600, 608),
    ]
)


ALWAYS = {422: "Min-SE: 7200\n"}  # RFC 4028 6: without it a 422 is none
# RFC 3261 21.3: where it could go on, and must not by itself
ALWAYS.update((status, "Contact: <sip:4999@127.0.0.12>\n") for status in range(300, 400))


TEST = """  <nop next="to-%d" test="hit"><action>
    <test assign_to="hit" variable="code" compare="equal" value="%d" />
  </action></nop>
"""
ANSWER = """  <label id="to-%d" />
  <send retrans="500" next="refused"><![CDATA[

SIP/2.0 %d Refused
[last_Via:]
[last_From:]
[last_To:];tag=[pid]B[call_number]
[last_Call-ID:]
[last_CSeq:]
%sContent-Length: 0

]]></send>
"""


def branches(rows, extra):
    """SIPp: one test and one answer for each status."""
    tests = [TEST % (row.value, row.value) for row in rows]
    answers = [ANSWER % (row.value, row.value, extra + ALWAYS.get(row.value, "")) for row in rows]
    return "".join(tests + answers)


class Tables(house.House):
    """The house in which all rows are called."""

    AT_REST = ("idle", "aside")  # a channel refused with 6, 44 or 82 rests for a while

    def __init__(self, rows, build, name, overrides):
        case = flow.Case()
        case.parties, case.timeout, self.rows = dict(PARTIES), 90.0, rows
        case.pbx = [
            "for %s proceed then %s" % (row.key, row.refusal())
            for row in rows
            if row.way == "cause"
        ]
        case.pbx += ["expect up within 15s"]
        for row in (row for row in rows if row.way == "status"):
            case.pbx += ["call %s from 200" % row.key, "wait 120ms"]
        case.pbx += ["wait 100ms"]
        case.settings = [
            "[route warn] from = pbx",
            "[route warn] called = 7.",
            "[route warn] to = sip:{number}@127.0.0.12",
        ]
        super().__init__(case, "euroisdn", build, name, overrides)

    def configuration(self):
        """The route of the calls with a Warning comes before the route of all others."""
        settings = super().configuration()
        settings["route in"] = settings.pop("route in")
        return settings

    def open(self):
        self.capture = stage.Capture(
            self.namespace, self.path("all.pcap"), self.path("dumpcap.log")
        )
        self._open_daemon()
        statuses = [row for row in self.rows if row.way == "status"]
        plain = [row for row in statuses if not row.warning]
        warned = [row for row in statuses if row.warning]
        for party, asked, extra in (
            ("A", plain, ""),
            ("B", warned, 'Warning: 304 phone "no such media"\n'),
        ):
            self._sipp(
                party,
                "uas-status",
                {"branches": branches(asked, extra)},
                5060,
                10 * len(asked),
                ["-deadcall_wait", "0"],
            )
        self._tell_pbx(self._open_pbx())
        causes = [row for row in self.rows if row.way == "cause"]
        with open(self.path("numbers.csv"), "w", encoding="ascii") as file:
            file.write("SEQUENTIAL\n" + "".join(row.key + "\n" for row in causes))
        self.phones = [
            self._sipp(
                "A",
                "uac-any",
                {"accept": ACCEPT},
                5070,
                len(causes),
                ["-inf", self.path("numbers.csv"), "-r", "8", "-l", "6"],
            )
        ]

    def _await_peers(self):
        """Until the callers are through, the PBX has placed its last call, and no call lives."""
        last = '"command","line":%d,' % len(self.case.pbx)
        if not stage.wait_for(
            lambda: all(phone.status is not None for phone in self.phones)
            and last in self.pbx.tail(1000000)
            and self.desk.no_calls(),
            self.case.timeout,
            0.2,
        ):
            self.fail("the calls did not come to their end")

    def _judge(self):
        """Nothing: rows are judged one by one."""

    def worth_keeping(self):
        """The rows are judged apart; what is left is the house."""
        return bool(self.outcome.failures)

    def judge_rows(self):
        """{row: None when it holds, else what was seen}."""
        layout = house.Layout(
            self.addresses, "G", "S", house.config.SPAN_LOCAL, house.config.SPAN_REMOTE, self.line
        )
        evidence = house.Evidence(self.path("all.pcap"), self.folder, layout)
        return {row: judge(row, evidence) for row in self.rows}


def judge(row, evidence):
    """None when the row holds on the wire; else what was seen. The cause and the status that came
    in are checked as well."""
    setups = [
        m
        for m in evidence.q931
        if m.message == "SETUP" and m.called == row.key and not m.repeat
    ]
    calls = {m.call() for m in setups}
    clears = [
        m
        for m in evidence.q931
        if m.call() in calls
        and m.cause is not None
        and m.message in ("DISCONNECT", "RELEASE", "RELEASE COMPLETE")
    ]
    invites = {m.call_id for m in evidence.sip if m.method == "INVITE" and row.key in m.uri}
    finals = [m for m in evidence.sip if m.call_id in invites and m.status and m.status >= 300]
    if not clears or not finals:
        return (
            "no call"
            if not calls and not invites
            else "%d final responses, %d clearing messages" % (len(finals), len(clears))
        )
    faults = [fault for m in clears + finals for fault in m.wrong]
    if faults:
        return faults[0]
    cause, status = clears[0].cause, finals[0].status
    came, went, incoming = (
        (cause, status, clears[0].src) if row.way == "cause" else (status, cause, finals[0].src)
    )
    if incoming == "G" or came != row.value:
        return "%d came from %s" % (came, incoming)
    sent_by_us = finals[0].src if row.way == "cause" else clears[0].src
    if went != row.expected or sent_by_us != "G":
        return "became %d" % went
    return judge_setups(row, setups) or (
        judge_refusal(row, clears[0], finals[0]) if row.way == "cause" else None
    )


def judge_setups(row, setups):
    """None, or what is wrong: one SETUP, or where another channel may help one on each of two to
    four."""
    channels = [m.channel for m in setups]
    tries = range(2, 5) if row.way == "cause" and row.value in RETRIED else range(1, 2)
    if len(channels) not in tries or len(set(channels)) < len(channels):
        return "SETUP on the channels %s" % channels
    return None


def judge_refusal(row, clear, final):
    """None, or what is wrong with the final response to a cause from the PBX, or with the cause."""
    if (clear.location == USER) != row.by_user:
        return "the cause came from location %s" % clear.location
    if final.reason().get("Q.850") != row.value:
        return "Reason is '%s'" % final.header("reason")
    if row.value in MEDIA and not final.header("warning").startswith("304 "):
        return "Warning is '%s'" % final.header("warning")
    return None


def run(build, name, spoiled=False):
    """(failures of the house itself, {row: what was seen or None}). SPOILED: every row is
    overridden with a wrong value, so each must fail."""
    rows = read_rows()
    with Tables(rows, build, name, [row.wrong() for row in rows] if spoiled else []) as tables:
        outcome = tables.run()
        return outcome, tables.judge_rows()
