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


class Row:
    """One line of causes.tsv: what comes in, what must go out. key: the number called that stands
    for it."""

    def __init__(self, line):
        self.way, value, expected = line.split("\t")[:3]
        self.warning = value.endswith("w")
        self.value, self.expected = int(value.rstrip("w")), int(expected)
        self.key = "%d%03d" % (
            {"cause": 9, "status": 7 if self.warning else 8}[self.way],
            self.value,
        )

    def __str__(self):
        if self.way == "cause":
            return "cause %d becomes %d" % (self.value, self.expected)
        return "%d%s becomes cause %d" % (
            self.value,
            " with Warning 304" if self.warning else "",
            self.expected,
        )

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
            "for %s proceed then disconnect %d after 20ms" % (row.key, row.value)
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
    calls = {m.call() for m in evidence.q931 if m.message == "SETUP" and m.called == row.key}
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
    if row.way == "cause" and finals[0].reason().get("Q.850") != row.value:
        return "Reason is '%s'" % finals[0].header("reason")
    return None


def run(build, name, spoiled=False):
    """(failures of the house itself, {row: what was seen or None}). SPOILED: every row is
    overridden with a wrong value, so each must fail."""
    rows = read_rows()
    with Tables(rows, build, name, [row.wrong() for row in rows] if spoiled else []) as tables:
        outcome = tables.run()
        return outcome, tables.judge_rows()
