# The one checker: holds what crossed the wire against what a flow lists.
#
# Order binds within one SIP transaction and within one Q.931 call; across them only the flow's
# causality edges do. 100 Trying is optional, retransmissions are no steps, every listed message
# must be there and no other may be.
import re

from dissect import LAYER_2, LAYER_3

# What Q.931 itself sends again, and the shortest time after which it does: T303 and T308 are 4 s,
# T316 120 s (9.2). Anything else sent twice is a fault, and so is this when it comes sooner.
Q931_REPEATS = {"SETUP": 3.5, "RELEASE": 3.5, "RESTART": 100.0}


class Verdict:
    """failures: texts, empty when the flow passed; matched: {step number: message}."""

    def __init__(self):
        self.failures, self.matched = [], {}

    def fail(self, text, *values):
        self.failures.append(text % values if values else text)


def name_fits(step, message):
    if (
        (message.proto == "Q.931") != step.is_q931
        or message.src != step.src
        or message.dst != step.dst
    ):
        return False
    if step.is_q931:
        return message.message in step.names
    if step.is_request:
        return message.method == step.method
    return (
        message.method is None
        and str(message.status) in step.names
        and message.cseq[1] == step.method
    )


def group_messages(messages, parties):
    """Sorts messages into the groups of flow.group_steps(): {group: [message]}, in time order."""
    groups, counts, keys = {}, {}, {}
    calls = []
    for message in messages:
        if message.proto == "Q.931":
            origin = message.src if message.from_origin else message.dst
            if message.ref == 0 and message.message.startswith(("RESTART", "SERVICE")):
                group = (message.message.split()[0].lower(), origin)
            else:
                if message.call() not in calls:
                    calls.append(message.call())
                group = ("call", calls.index(message.call()) + 1)
        else:
            method = "INVITE" if message.cseq[1] == "ACK" else message.cseq[1]
            ends = (message.src, message.dst) if message.method else (message.dst, message.src)
            key = ends + (method, message.call_id, message.cseq[0])
            if key not in keys:
                counts[ends + (method,)] = counts.get(ends + (method,), 0) + 1
                keys[key] = ends + (method, counts[ends + (method,)])
            group = keys[key]
        groups.setdefault(group, []).append(message)
    return groups


def describe(message):
    """One line for people: time is added by the ladder."""
    text = "%s > %s %s" % (message.src, message.dst, message.name())
    if message.proto == "Q.931":
        text += "".join(
            " %s=%s" % (key, value)
            for key, value in (
                ("cause", message.cause),
                ("channel", message.channel),
                ("interface", message.interface),
                ("pi", message.progress or None),
            )
            if value is not None
        )
    elif message.reason():
        text += " Reason: " + message.header("reason")
    return text


def is_due_again(message, earlier):
    """Does a timer of Q.931 send MESSAGE again? EARLIER: what its call has seen before it."""
    if message.repeat != LAYER_3 or message.message not in Q931_REPEATS:
        return False
    copies = [one.end for one in earlier if one.src == message.src and one.octets == message.octets]
    pause = message.begin - max(copies, default=message.begin)
    return pause >= Q931_REPEATS[message.message]


def match_group(group, steps, messages, verdict):
    """Walks one transaction or call: each message is the next listed step, or an optional step was
    left out before it. A 100 may come unlisted, but not after another response."""
    roaming = [step for step in steps if step.anywhere]
    steps = [step for step in steps if not step.anywhere]
    at, responded = 0, False
    for count, message in enumerate(messages):
        if message.repeat == LAYER_2:
            continue
        early, responded = not responded, responded or is_response(message)
        skip = at
        while skip < len(steps) and not name_fits(steps[skip], message) and steps[skip].optional:
            skip += 1
        if skip < len(steps) and name_fits(steps[skip], message):
            verdict.matched[steps[skip].number] = message
            at = skip + 1
        elif (message.name() == "100" and early) or is_due_again(message, messages[:count]):
            continue
        elif at and (free := next((step for step in roaming if name_fits(step, message)), None)):
            roaming.remove(free)
            verdict.matched[free.number] = message
        else:
            due = next((step for step in steps[at:] if not step.optional), None)
            verdict.fail(
                "%s: saw '%s' where %s",
                group_name(group),
                describe(message),
                "'%s' was due" % due if due else "nothing more was due",
            )
            return
    for step in steps[at:]:
        if not step.optional:
            verdict.fail("%s: '%s' never came", group_name(group), step)


def is_response(message):
    """A SIP response other than 100."""
    return message.proto == "SIP" and message.method is None and message.status > 100


def group_name(group):
    if group[0] == "call":
        return "Q.931 call %d" % group[1]
    if group[0] in ("restart", "service"):
        return "%s by %s" % (group[0].upper(), group[1])
    return "%s %s>%s no. %d" % (group[2], group[0], group[1], group[3])


def values(text):
    return {int(value) for value in str(text).split("|")}


def sdp_is_hold(sdp):
    return sdp is not None and (
        sdp["direction"] in ("sendonly", "inactive") or sdp["address"] == "0.0.0.0"
    )


def user_of(uri):
    """The user part of a sip: URI, or the number of a tel: one."""
    return uri.partition(":")[2].partition("@")[0].partition(";")[0]


def elements(message):
    """[(code, content)] of a Q.931 message's elements that have a length."""
    octets, out = message.octets, []
    at = 3 + octets[1] if len(octets) > 3 else len(octets)
    while at < len(octets):
        if octets[at] & 0x80:
            at += 1
            continue
        length = octets[at + 1] if at + 1 < len(octets) else 0
        out.append((octets[at], octets[at + 2 : at + 2 + length]))
        at += 2 + length
    return out


def digits_of(content):
    """The digits of a number element, behind octets 3 and 3a."""
    return content[1 if content[:1] and content[0] & 0x80 else 2 :].decode("ascii", "replace")


def names_party(message, code, value):
    """Does an element CODE of a Q.931 message say VALUE, or a Facility with it inside?"""
    for known, content in elements(message):
        if known == 0x1C and value.encode("latin-1") in content:
            return True
        if known == code == 0x4C and digits_of(content) == value:
            return True
        if known == code == 0x28 and content.lstrip(b"\xb1").decode("latin-1") == value:
            return True
    return False


def shown_name(message):
    """The display name of P-Asserted-Identity, without one that of From."""
    value = message.header("p-asserted-identity") or message.header("from")
    return value.partition("<")[0].strip().strip('"')


def count_contacts(message):
    """How many URIs its Contact headers list."""
    return len(re.findall(r"\bsips?:", message.header("contact")))


def elements_are_there(message, text):
    """Are the elements of TEXT, "7402...+7e02...", there in that order, and no more of their kinds? "!7e" asks that
    none of a kind is there."""
    absent = [int(one[1:], 16) for one in text.split("+") if one.startswith("!")]
    wanted = [bytes.fromhex(one) for one in text.split("+") if not one.startswith("!")]
    kinds = {one[0] for one in wanted}
    there = [one for one in element_octets(message.octets) if one[0] in kinds or one[0] in absent]
    return there == wanted


def element_octets(octets):
    """The elements of codeset 0 in a Q.931 message, from its protocol discriminator on."""
    at = 3 + (octets[1] & 15)
    while at < len(octets) and (octets[at] & 0xF0) != 0x90:
        length = 1 if octets[at] & 0x80 else 2 + octets[at + 1]
        yield octets[at : at + length]
        at += length


def header_fits(message, text):
    """Does a header field say what TEXT, "Name:value", says? Blanks do not count, * is any text, several fields of a
    name are joined by |."""
    name, _, value = text.partition(":")
    said = re.sub(r"\s", "", "|".join(message.headers.get(name.lower(), [])))
    return bool(said) and re.fullmatch(".*".join(map(re.escape, value.split("*"))), said) is not None


def rule_holds(rule, value, message):
    """Does MESSAGE satisfy RULE? One line per rule; TypeError of a missing element counts as no."""
    sip = message.proto == "SIP"
    checks = {
        "cause": lambda: message.cause in values(value),
        "location": lambda: message.location in values(value),
        "reason": lambda: message.reason().get("Q.850") in values(value),
        "preempted": lambda: message.reason().get("preemption") == 4,
        "no-reason": lambda: not message.header("reason"),
        "sdp": lambda: message.sdp is not None
        and (value is True or message.sdp["direction"] in value.split("|")),
        "no-sdp": lambda: message.sdp is None,
        "hold": lambda: sdp_is_hold(message.sdp),
        "pi": lambda: bool(values(value) & set(message.progress)),
        "no-pi": lambda: not message.progress,
        "called": lambda: message.called == value,
        "calling": lambda: (
            user_of(message.headers["from"][0].partition("<")[2]) if sip else message.calling
        )
        == value,
        "connected": lambda: names_party(message, 0x4C, value),
        "name": lambda: shown_name(message) == value if sip else names_party(message, 0x28, value),
        "asserted": lambda: user_of(message.header("p-asserted-identity").partition("<")[2])
        == value,
        "channel": lambda: message.channel in values(value),
        "interface": lambda: message.interface in values(value),
        "on-span": lambda: message.span in values(value),
        "exclusive": lambda: bool(message.exclusive),
        "bearer": lambda: message.bearer in values(value),
        "ton": lambda: message.ton in values(value),
        "uri": lambda: user_of(message.uri) == value,
        "has": lambda: all(name.lower() in message.headers for name in value.split(",")),
        "lacks": lambda: all(name.lower() not in message.headers for name in value.split(",")),
        "restart": lambda: message.restart in values(value),
        "service": lambda: message.service in values(value),
        "notify": lambda: message.notify in values(value),
        "state": lambda: message.state in values(value),
        "complete": lambda: message.complete,
        "incomplete": lambda: not message.complete,
        "contacts": lambda: count_contacts(message) == int(value),
        "sent": lambda: message.copies in values(value),
        "ie": lambda: elements_are_there(message, value),
        "says": lambda: header_fits(message, value),
        "media-at": lambda: message.sdp is not None and message.sdp["address"] == value,
        "warning": lambda: message.header("warning")[:3] in value.split("|"),
        "optional": lambda: True,
        "anywhere": lambda: True,
        "on": lambda: True,
        "of": lambda: True,
        "call": lambda: True,
    }
    return checks[rule]()


def is_next_of(earlier, message):
    """RFC 3578 3: is MESSAGE another initial request of EARLIER's call?"""
    return (
        earlier is not None
        and (message.call_id, message.from_tag) == (earlier.call_id, earlier.from_tag)
        and not message.to_tag
        and message.cseq[0] > earlier.cseq[0]
    )


def check_rules(steps, verdict):
    for step in steps:
        message = verdict.matched.get(step.number)
        if message is None:
            continue
        for rule, value in step.rules.items():
            if rule == "series":
                holds = is_next_of(verdict.matched.get(int(value)), message)
            else:
                holds = rule_holds(rule, value, message)
            if not holds:
                verdict.fail(
                    "step %d: %s does not hold for '%s'%s",
                    step.number,
                    rule if value is True else "%s=%s" % (rule, value),
                    describe(message),
                    seen_value(rule, message),
                )


def seen_value(rule, message):
    """What stood there instead, for the report."""
    if rule == "sdp" and message.proto == "SIP":
        return ": SDP is %s" % (message.sdp and message.sdp["direction"])
    if rule == "reason":
        return ": Reason is '%s'" % message.header("reason")
    if rule == "sent":
        return ": %d times" % message.copies
    if rule in ("asserted", "name") and message.proto == "SIP":
        return ": P-Asserted-Identity is '%s'" % message.header("p-asserted-identity")
    if rule == "on-span":
        return ": it came by that of span %d" % message.span
    if rule == "uri":
        return ": %s" % message.uri
    if rule == "ie":
        return ": %s" % "+".join(one.hex() for one in element_octets(message.octets))
    if rule == "says":
        return ": %s" % message.headers
    shown = ("called", "calling", "interface", "restart", "service", "location", "bearer", "ton", "notify", "state")
    if rule in shown and hasattr(message, rule):
        return ": %s" % getattr(message, rule)
    return ""


def check_edges(edges, verdict):
    """A cause must be whole on the wire before the first bit of its effect is."""
    for before, after in edges:
        cause, effect = verdict.matched.get(before), verdict.matched.get(after)
        if cause and effect and effect.begin < cause.end:
            verdict.fail(
                "causality %d<%d: '%s' began %.1f ms before '%s' ended",
                before,
                after,
                describe(effect),
                (cause.end - effect.begin) * 1000,
                describe(cause),
            )


def check_times(apart, marks, verdict):
    """Between the end of one message and the beginning of another lies the time that is listed."""
    times = {str(number): (one.begin, one.end) for number, one in verdict.matched.items()}
    times.update((name, (at, at)) for name, at in marks.items())
    for first, last, least, most in apart:
        if first not in times or last not in times:
            missing = first if first not in times else last
            verdict.fail("apart %s %s: %s never was", first, last, missing)
            continue
        between = times[last][0] - times[first][1]
        if not least <= between <= most:
            verdict.fail(
                "apart %s %s: %.3f s lie between them, not %g to %g s",
                *(first, last, between, least, most),
            )


def check_channels(messages, verdict):
    """Q.931 5.1.2: an exclusive channel of a SETUP is the channel of the whole call."""
    asked = {}
    for message in messages:
        if message.proto != "Q.931" or message.channel is None or not message.ref:
            continue
        channel = (message.interface, message.channel)
        if message.message == "SETUP" and message.exclusive:
            asked[message.call()] = channel
        elif channel != asked.get(message.call(), channel):
            verdict.fail(
                "'%s': the SETUP had channel %d of interface %s, exclusive",
                describe(message),
                asked[message.call()][1],
                asked[message.call()][0],
            )


def check_interfaces(spans, messages, verdict):
    """T1.607 4.5.13: who shares a D channel says of each channel which interface it is on. What answers on the global call
    reference repeats what it was asked."""
    for message in messages:
        if spans.group and message.proto == "Q.931" and message.ref and message.channel is not None and message.interface is None:
            verdict.fail("'%s': no interface is named", describe(message))


def check_sequence(messages, verdict):
    """RFC 3261 12.2.1.1: each sender's CSeq rises from request to request of a dialog."""
    last = {}
    for message in messages:
        if (
            message.proto != "SIP"
            or not message.method
            or message.repeat
            or message.method in ("ACK", "CANCEL")
        ):
            continue
        key = (message.src, message.dst, message.call_id, message.from_tag)
        if message.cseq[0] <= last.get(key, 0):
            verdict.fail(
                "CSeq of '%s' is %d after %d", describe(message), message.cseq[0], last[key]
            )
        last[key] = message.cseq[0]


def check_flow(case, messages, marks):
    """Holds MESSAGES (dissect.py, time order) and MARKS ({name: time}, of the line) against CASE of
    a flow; a Verdict."""
    verdict = Verdict()
    for message in messages:
        for fault in message.wrong:
            verdict.fail("'%s': %s", describe(message), fault)
    groups = group_messages(messages, case.parties)
    listed = {}
    for step in case.steps:
        listed.setdefault(step.group, []).append(step)
    for group, steps in listed.items():
        match_group(group, steps, groups.pop(group, []), verdict)
    for group, rest in groups.items():
        for message in rest:
            if message.repeat != LAYER_2:
                verdict.fail("not listed: %s: '%s'", group_name(group), describe(message))
    check_rules(case.steps, verdict)
    check_edges(case.causality, verdict)
    check_times(case.apart, marks, verdict)
    check_sequence(messages, verdict)
    check_channels(messages, verdict)
    check_interfaces(case.spans, messages, verdict)
    return verdict


def ladder(messages, parties, origin=None):
    """The messages as text, one a line, with an arrow between the parties' columns."""
    names = list(parties)
    origin = messages[0].begin if messages and origin is None else origin
    width = 22
    lines = ["%10s  %s" % ("", "".join(name.center(width) for name in names))]
    for message in messages:
        ends = [names.index(name) if name in names else 0 for name in (message.src, message.dst)]
        left, right = min(ends), max(ends)
        room = (right - left) * width - 2
        text = (" %s " % short(message))[: max(room - 2, 4)]
        arrow = (
            text.center(room - 1, "-") + ">"
            if ends[0] == left
            else "<" + text.center(room - 1, "-")
        )
        lines.append(
            "%9.3fs  %s%s%s"
            % (
                message.begin - origin,
                " " * (left * width + width // 2 + 1),
                arrow,
                "  (again)" if message.repeat else "",
            )
        )
    return "\n".join(lines)


def short(message):
    text = message.name()
    if message.proto == "Q.931" and message.cause is not None:
        text += " %d" % message.cause
    if message.proto == "Q.931" and message.progress:
        text += " PI%d" % message.progress[0]
    if message.proto == "SIP" and message.sdp is not None:
        text += " SDP"
    return text
