# Turns the script of a phone, as a flow file tells it, into a scenario of SIPp.
#
# tests/house/README.md describes the words. A phone has as many dialogs as it numbers; SIPp takes
# them for one call since their Call-IDs differ only before "///".
import copy
import re

LINE = re.compile(r"^([<>])\s+([A-Z]+|[1-6]\d\d(?:\([A-Z]+\))?)(\??)\s+(\d+)((?:\s+\S+)*)$")
CAPTURE = re.compile(r"^\+\s*([a-z-]+)\s*=\s*([\w-]+):\s*(.+)$")
HEADER = re.compile(r"^\+\s*([\w-]+:.*)$")
BODY = re.compile(r"^\|\s?(.*)$")
WAIT = re.compile(r"^(wait)\s+(\d+)ms$")
TRIES = re.compile(r"^(\d+)@(\d+)ms$")
WORD = re.compile(r"^(mark|to)\s+(\S+)$")
PLACE = re.compile(r"\{([\w-]+)\}")
OPTIONS = {"sdp", "hold", "to", "frag", "auth", "again", "tries", "one-via", "type", "no-contact"}
MAKES_DIALOG = {"INVITE", "SUBSCRIBE", "REFER"}
RTP_PORT = 7000
PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    300: "Multiple Choices",
    302: "Moved Temporarily",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
# The variables of a message's lists, one a value: the caller's Via and those of the proxies, and
# the Record-Routes of the proxies.
VIAS = ("via", "also", "third")
RECORD_ROUTES = ("rr", "rs")
SDP = """
v=0
o=phone 1 %d IN IP4 [local_ip]
s=-
c=IN IP4 %s
t=0 0
m=audio %d RTP/AVP 8 0%s
a=ptime:20
a=%s"""
EVENTS = "\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16"


class ScriptError(Exception):
    """A script that cannot be read; the text says which line."""


class Action:
    """One line of a script: kind send, receive, wait, mark, to, either; what else it
    says."""

    def __init__(self, kind, text):
        self.kind, self.text, self.value = kind, text, None
        self.method, self.status, self.dialog, self.optional = None, None, 0, False
        self.options, self.headers, self.captures, self.branches = {}, [], [], []
        self.lines = []  # of the body


def read_message(match, line):
    """An Action from "> INVITE 2 to=203 sdp" or "< 200(BYE) 1"."""
    action = Action("send" if match[1] == ">" else "receive", line)
    name, _, method = match[2].rstrip(")").partition("(")
    action.status = int(name) if name.isdigit() else None
    action.method = (method or "INVITE") if action.status else name
    action.optional, action.dialog = bool(match[3]), int(match[4])
    for word in match[5].split():
        key, equals, value = word.partition("=")
        if key not in OPTIONS:
            raise ScriptError("'%s': %s is none of %s" % (line, key, " ".join(sorted(OPTIONS))))
        action.options[key] = value if equals else True
    return action


def read_script(lines):
    """The Actions of LINES. either ... or ... end: two parts whose first messages come in any
    order; lines that begin with + belong to the message before them."""
    out, stack = [], []
    for line in (one.strip() for one in lines):
        here = stack[-1].branches[-1] if stack else out
        if match := LINE.match(line):
            here.append(read_message(match, line))
        elif match := CAPTURE.match(line):
            here[-1].captures.append(match.groups())
        elif match := HEADER.match(line):
            here[-1].headers.append(match[1])
        elif match := BODY.match(line):
            here[-1].lines.append(match[1])
        elif match := WAIT.match(line) or WORD.match(line):
            here.append(Action(match[1], line))
            here[-1].value = match[2]
        elif line == "either":
            stack.append(Action("either", line))
            stack[-1].branches.append([])
            here.append(stack[-1])
        elif line == "or" and stack:
            stack[-1].branches.append([])
        elif line == "done" and stack:
            stack.pop()
        else:
            raise ScriptError("'%s' is no line of a phone's script" % line)
    return out


def calls(actions):
    """Does the phone speak first?"""
    return next(one for one in actions if one.kind in ("send", "receive")).kind == "send"


class Dialog:
    """What the phone knows of one dialog while its script is written down."""

    def __init__(self, number, incoming, method):
        self.number, self.incoming, self.first = number, incoming, method
        self.cseq, self.established, self.refused = 0, False, False
        self.uri, self.to, self.branch, self.invite_cseq = "", "", "", 0
        self.asked = False  # an INVITE went out that no answer came for yet

    def var(self, name, method=""):
        return "%s%d%s" % (name, self.number, method)


class Scenario:
    """Writes the SIPp scenario of one phone. PARTY: its name. NUMBER: its own. ADDRESSES: {party:
    (address, port)}. DOMAIN: the host part of addresses of record. HOPS: proxies on the way."""

    def __init__(self, party, number, addresses, domain, mark_path, hops=1):
        self.party, self.number, self.addresses, self.domain = party, number, addresses, domain
        self.mark_path, self.hops = mark_path, hops
        self.dialogs, self.out, self.variables = {}, [], set()
        self.count, self.labels, self.version = 0, 0, 0

    def text(self, actions):
        """The scenario as XML."""
        for action in actions:
            self.write(action)
        names = ",".join(sorted(self.variables))
        if names:
            self.out.append('  <Reference variables="%s" />' % names)
        head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="%s">\n'
        return head % self.party + "\n".join(self.out) + "\n</scenario>\n"

    def write(self, action):
        getattr(self, "write_" + action.kind)(action)

    def write_wait(self, action):
        self.out.append('  <pause milliseconds="%s" />' % action.value)

    def write_mark(self, action):
        """Tells the house that the phone has come this far."""
        path = self.mark_path(action.value)
        self.out.append('  <nop><action><exec command="touch %s" /></action></nop>' % path)

    def write_to(self, action):
        host, port = self.addresses[action.value]
        self.variables |= {"host", "port"}
        self.out.append(
            '  <nop><action><assignstr assign_to="host" value="%s" />'
            '<assignstr assign_to="port" value="%d" />'
            '<setdest host="[$host]" port="[$port]" protocol="UDP" /></action></nop>' % (host, port)
        )

    def write_either(self, action):
        """Whichever first message comes first, both parts are gone through."""
        first, second = action.branches
        self.labels += 2
        ahead, behind = "l%d" % (self.labels - 1), "l%d" % self.labels
        before = copy.deepcopy(self.dialogs)
        self.receive(first[0], ' optional="true" next="%s"' % ahead)
        after, self.dialogs = self.dialogs, before
        for one in second + first:
            self.write(one)
        self.out += ['  <nop next="%s" />' % behind, '  <label id="%s" />' % ahead]
        self.dialogs = after
        for one in first[1:] + second:
            self.write(one)
        self.out.append('  <label id="%s" />' % behind)

    # -- what comes

    def write_receive(self, action):
        if action.status and action.method == "INVITE":
            dialog = self.dialogs[action.dialog]
            if dialog.asked:
                self.out.append('  <recv response="100" optional="true" />')
                dialog.asked = False
        self.receive(action, ' optional="true"' if action.optional else "")

    def receive(self, action, more):
        """MORE: attributes of the element."""
        what = (
            'response="%d"' % action.status if action.status else 'request="%s"' % action.method
        )
        if "auth" in action.options:
            what += ' auth="true"'
        actions = self.captures(action)
        if not actions:
            self.out.append("  <recv %s%s />" % (what, more))
            return
        self.out.append("  <recv %s%s>\n    <action>" % (what, more))
        self.out += ["      " + one for one in actions]
        self.out.append("    </action>\n  </recv>")

    def ereg(self, header, names, regexp=".*", occurrence=1):
        """An action of SIPp: what the header holds goes to the variables NAMES."""
        self.variables |= set(names.split(","))
        for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
            regexp = regexp.replace(char, entity)
        which = ' occurrence="%d"' % occurrence if occurrence > 1 else ""
        where = 'search_in="body"' if header == "body" else 'search_in="hdr" header="%s:"' % header
        return '<ereg regexp="%s" %s%s assign_to="%s" />' % (
            regexp,
            where,
            which,
            names,
        )

    def captures(self, action):
        """What is to be remembered of a message, as SIPp's actions."""
        out = []
        if action.status is None:
            out = self.request_came(action)
        elif action.method == self.dialogs[action.dialog].first and action.method in MAKES_DIALOG:
            out = self.answer_came(action)
        for name, header, regexp in action.captures:
            groups = re.compile(regexp).groups
            extra = "junk," if groups else ""
            out.append(self.ereg(header, extra + name.replace("-", ""), regexp))
        return out

    def request_came(self, action):
        dialog = self.dialogs.get(action.dialog)
        if action.method == "ACK":
            return []
        var = (dialog or Dialog(action.dialog, True, "")).var
        out = [
            *self.list_came("Via", var, self.vias(action.method), action.method),
            self.ereg("From", var("from", action.method)),
            self.ereg("To", var("to", action.method)),
            self.ereg("CSeq", var("cseq", action.method)),
        ]
        if dialog is None:
            dialog = self.dialogs[action.dialog] = Dialog(action.dialog, True, action.method)
            out += [
                self.ereg("Call-ID", var("call"), "[^ [:cntrl:]]+"),
                *self.list_came("Record-Route", var, RECORD_ROUTES[: self.hops]),
                self.ereg("Contact", "junk,%s" % var("target"), "<([^>]*)>"),
                self.ereg("From", "junk,%s" % var("rtag"), "tag=([^;[:cntrl:]]*)"),
            ]
        return out

    def vias(self, method):
        """The variables of a request's Vias: a CANCEL is the last proxy's own (RFC 3261 16.10)."""
        return VIAS[: 1 if method == "CANCEL" else self.hops + 1]

    def list_came(self, header, var, names, method=""):
        """Each value of HEADER into a variable of its own."""
        return [
            self.ereg(header, var(name, method), occurrence=n + 1) for n, name in enumerate(names)
        ]

    def answer_came(self, action):
        dialog, out = self.dialogs[action.dialog], []
        if dialog.established or dialog.incoming:
            dialog.refused = action.status >= 300
            return out
        if action.status > 100:
            out.append(self.ereg("To", dialog.var("remote")))
            out.append(self.ereg("To", "junk,%s" % dialog.var("rtag"), "tag=([^;[:cntrl:]]*)"))
        if 100 < action.status < 300 and not action.optional:
            out.append(self.ereg("Contact", "junk,%s" % dialog.var("target"), "<([^>]*)>"))
            out += self.list_came("Record-Route", dialog.var, RECORD_ROUTES[: self.hops])
        dialog.established = 200 <= action.status < 300
        dialog.refused = action.status >= 300
        return out

    # -- what goes

    def write_send(self, action):
        self.count += 1
        lines = self.response(action) if action.status else self.request(action)
        lines += [self.fill(one) for one in action.headers]
        kind, body = self.body(action)
        lines += ["Content-Type: " + kind] if kind else []
        lines += ["Content-Length: " + ("[len]" if body else "0"), ""]
        lines += body.split("\n") if body else [""]
        text = ["    <![CDATA[", *(("      " + one).rstrip() for one in lines), "    ]]>"]
        if "tries" in action.options:
            self.write_tries(TRIES.match(action.options["tries"]), text)
        else:
            self.out += ["  <send%s>" % self.repeats(action), *text, "  </send>"]

    def write_tries(self, match, text):
        """RFC 3261 17.1.1.2 to a far end that is silent: with T1, 2*T1 ... between the tries, and
        timer B after 64*T1. By hand, since SIPp lets no other message out while it waits."""
        tries, pause = int(match[1]), int(match[2])
        left = 64 * pause
        for number in range(tries):
            self.out += ["  <send>", *text, "  </send>"]
            now = left if number == tries - 1 else pause << number
            left -= now
            self.out.append('  <pause milliseconds="%d" />' % now)

    def repeats(self, action):
        """RFC 3261 17: what is sent again until an answer comes."""
        final = action.status and action.method == "INVITE" and action.status >= 200
        if final or (action.status is None and action.method != "ACK"):
            return ' retrans="500"'
        return ""

    def fill(self, text):
        """{B}: the address of party B; {call-2}, {ltag-2}, {rtag-2}: of dialog 2; {number}: our
        own; else what was captured under that name."""

        def value(match):
            name = match[1]
            if name in self.addresses:
                return self.addresses[name][0]
            kind, _, number = name.partition("-")
            if kind in ("call", "ltag", "rtag") and int(number) in self.dialogs:
                dialog = self.dialogs[int(number)]
                return {
                    "call": self.call_id(dialog),
                    "ltag": self.tag(dialog),
                    "rtag": "[$%s]" % dialog.var("rtag"),
                }[kind]
            if name in ("number", "domain"):
                return getattr(self, name)
            if name.replace("-", "") not in self.variables:
                raise ScriptError("'%s': nothing is known of {%s}" % (text, name))
            return "[$%s]" % name.replace("-", "")

        return PLACE.sub(value, text)

    def tag(self, dialog):
        return "[pid]%s%d" % (self.party, dialog.number)

    def call_id(self, dialog):
        if dialog.incoming:
            return "[$%s]" % dialog.var("call")
        return "%s%d///[call_id]" % (self.party, dialog.number)

    def contact(self):
        return "Contact: <sip:%s@[local_ip]:[local_port]>" % self.number

    def response(self, action):
        dialog = self.dialogs[action.dialog]
        method, phrase = action.method, PHRASES.get(action.status, "Some Phrase")
        to = "To:[$%s]" % dialog.var("to", method)
        vias = self.vias(method)[: 1 if "one-via" in action.options else None]
        fresh = dialog.incoming and not dialog.established and method in (dialog.first, "CANCEL")
        if action.status > 100 and fresh:
            to += ";tag=" + self.tag(dialog)
        lines = [
            "SIP/2.0 %d %s" % (action.status, phrase),
            *["Via:[$%s]" % dialog.var(name, method) for name in vias],
            "From:[$%s]" % dialog.var("from", method),
            to,
            "Call-ID: " + self.call_id(dialog),
            "CSeq:[$%s]" % dialog.var("cseq", method),
        ]
        begins = fresh and method == dialog.first and method in MAKES_DIALOG
        if begins and 100 < action.status < 300:
            values = ["[$%s]" % dialog.var(name) for name in RECORD_ROUTES[: self.hops]]
            lines.append("Record-Route:" + ",".join(values))
        if not any(one.startswith("Contact:") for one in action.headers):
            lines.append(self.contact())
        if fresh and method == "INVITE" and 200 <= action.status < 300:
            dialog.established = True
        return lines

    def request(self, action):
        dialog, method = self.dialogs.get(action.dialog), action.method
        if dialog is None:
            dialog = self.dialogs[action.dialog] = Dialog(action.dialog, False, method)
            self.call(dialog, self.number)
            if method == "REGISTER":
                dialog.uri = "sip:" + self.domain
        if "to" in action.options:
            self.call(dialog, self.fill(action.options["to"]))
        inside = dialog.established or dialog.incoming
        ends_refusal = method == "ACK" and dialog.refused
        if method not in ("ACK", "CANCEL"):
            dialog.cseq += "again" not in action.options
            dialog.refused = False
        if method == "INVITE":
            dialog.invite_cseq, dialog.asked = dialog.cseq, True
        cseq = dialog.invite_cseq if method in ("ACK", "CANCEL") else dialog.cseq
        branch = "z9hG4bK[pid]%s%d-%d" % (self.party, dialog.number, self.count)
        if ends_refusal or method == "CANCEL":
            branch = dialog.branch
        elif method == "INVITE":
            dialog.branch = branch
        uri = "[$%s]" % dialog.var("target") if inside else dialog.uri
        if dialog.incoming:
            ends = (
                "From:[$%s];tag=%s" % (dialog.var("to", dialog.first), self.tag(dialog)),
                "To:[$%s]" % dialog.var("from", dialog.first),
            )
        else:
            remote = "To:[$%s]" % dialog.var("remote")
            ends = (
                'From: "Phone %s" <sip:%s@%s>;tag=%s'
                % (self.party, self.number, self.domain, self.tag(dialog)),
                remote if inside or ends_refusal else dialog.to,
            )
        lines = [
            "%s %s SIP/2.0" % (method, uri),
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=" + branch,
        ]
        if inside:
            values = ["[$%s]" % dialog.var(name) for name in RECORD_ROUTES[: self.hops]]
            lines.append("Route:" + ",".join(values if dialog.incoming else values[::-1]))
        lines += [*ends, "Call-ID: " + self.call_id(dialog), "CSeq: %d %s" % (cseq, method)]
        lines += ["Max-Forwards: 70"]
        own = "no-contact" in action.options
        own = own or any(one.startswith("Contact:") for one in action.headers)
        if method not in ("ACK", "CANCEL", "BYE") and not own:
            lines.append(self.contact())
        if "auth" in action.options:
            lines.append(
                "[authentication username=%s password=%s]" % (self.number, action.options["auth"])
            )
        if "frag" in action.options:
            over = int(action.options["frag"]) >= 200
            state = "terminated;reason=noresource" if over else "active;expires=60"
            lines += ["Event: refer", "Subscription-State: " + state]
        return lines

    def call(self, dialog, target):
        """TARGET: a number, one@somewhere, or a URI."""
        if "@" in target and ":" not in target:
            dialog.uri, dialog.to = "sip:%s;user=phone" % target, "To: <sip:%s>" % target
        elif target[0] == "[" or ":" in target:
            dialog.uri, dialog.to = target, "To: <%s>" % target
        else:
            dialog.uri = "sip:%s@%s;user=phone" % (target, self.domain)
            dialog.to = "To: <sip:%s@%s>" % (target, self.domain)

    def body(self, action):
        """(Content-Type, text) of a message; (None, "") without a body."""
        options, more = action.options, "".join(self.fill(one) + "\n" for one in action.lines)
        if "frag" in options:
            status = int(options["frag"])
            return "message/sipfrag", "SIP/2.0 %d %s\n%s" % (status, PHRASES[status], more)
        if more:
            return options["type"], more
        if "sdp" in options or "hold" in options:
            self.version += 1
            way = options.get("sdp", True)
            address = "0.0.0.0" if "hold" in options else "[local_ip]"
            return "application/sdp", SDP.lstrip() % (
                self.version,
                address,
                RTP_PORT,
                " 101" if way == "events" else "",
                "sendrecv" + EVENTS if way == "events" else "sendrecv" if way is True else way,
            )
        return None, ""
