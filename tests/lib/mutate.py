# Spoils good evidence in every way a flow's check must notice, to prove that the check can fail.
import copy

from check import check_flow, element_octets
from dissect import number_calls

OTHER_STATUS = {"1": 182, "2": 299, "3": 305, "4": 499, "5": 599, "6": 699}


def spoil_name(message):
    """Turns MESSAGE into another of its kind, which no step lists."""
    if message.proto == "Q.931":
        message.message = "STATUS ENQUIRY"
    elif message.method:
        message.method, message.cseq = "MESSAGE", (message.cseq[0], "MESSAGE")
    else:
        message.status = OTHER_STATUS[str(message.status)[0]]


def spoil_cause(message):
    message.cause = 1 + message.cause % 126


def spoil_reason(message):
    message.headers = {name: value for name, value in message.headers.items() if name != "reason"}


def spoil_reason_value(message):
    if message.reason():
        other = 1 + message.reason().get("Q.850", 0) % 126
        message.headers = {**message.headers, "reason": ["Q.850;cause=%d" % other]}
    else:
        spoil_reason(message)


def spoil_preemption(message):
    """Only the cause of the line is left."""
    message.headers = {**message.headers, "reason": ["Q.850;cause=8"]}


def spoil_direction(message):
    """Turns the SDP's direction, keeping the rest."""
    if message.sdp is None:
        spoil_sdp(message)
    else:
        other = "sendonly" if message.sdp["direction"] != "sendonly" else "sendrecv"
        message.sdp = {**message.sdp, "direction": other}


def spoil_hold(message):
    """What a held stream needs is gone, and nothing else."""
    message.sdp = {**message.sdp, "direction": "sendrecv", "address": "127.0.0.11"}


def spoil_address(message):
    if message.sdp is not None:
        message.sdp = {**message.sdp, "address": "192.0.2.99"}


def spoil_sdp(message):
    message.sdp = (
        None
        if message.sdp
        else {"direction": "sendrecv", "address": "1.1.1.1", "port": 4, "formats": []}
    )


def spoil_progress(message):
    message.progress = [] if message.progress else [8]


def spoil_header(names):
    def spoil(message):
        for name in names:
            if name in message.headers:
                del message.headers[name]
            else:
                message.headers[name] = ["1"]

    return spoil


def spoil_octets(text):
    """The last octet of every element is another; where one was to be absent, it is there."""

    def spoil(message):
        head = 3 + (message.octets[1] & 15)
        out = b"".join(one[:-1] + bytes((one[-1] ^ 1,)) for one in element_octets(message.octets))
        absent = [int(one[1:], 16) for one in text.split("+") if one.startswith("!")]
        out += b"".join(bytes((code, 1, 0)) for code in absent)
        message.octets = message.octets[:head] + out

    return spoil


def spoil_contacts(message):
    message.headers["contact"] = message.headers.get("contact", []) + ["<sip:spoiled@h>"]


def spoil_number(message):
    message.called = message.calling = "none"
    message.uri = "sip:none@none"
    if message.proto == "SIP":
        message.headers["from"] = ["<sip:none@none>;tag=0"]


def spoil_party(message):
    message.octets = b""
    if message.proto == "SIP":
        message.headers["p-asserted-identity"] = ['"Nobody" <sip:none@none>']


def setter(attribute, value):
    return lambda message: setattr(message, attribute, value)


RULE_SPOILERS = {
    "cause": [spoil_cause],
    "reason": [spoil_reason, spoil_reason_value],
    "preempted": [spoil_preemption],
    "sdp": [spoil_sdp],
    "no-sdp": [spoil_sdp],
    "hold": [spoil_sdp, spoil_hold],
    "pi": [spoil_progress],
    "no-pi": [spoil_progress],
    "called": [spoil_number],
    "calling": [spoil_number],
    "connected": [spoil_party],
    "asserted": [spoil_party],
    "name": [spoil_party],
    "uri": [spoil_number],
    "no-reason": [lambda message: message.headers.update(reason=["Q.850;cause=1"])],
    "restart": [setter("restart", 5), setter("restart", None)],
    "service": [setter("service", 1), setter("service", None)],
    "channel": [setter("channel", 99), setter("channel", None)],
    "interface": [setter("interface", 99), setter("interface", None)],
    "on-span": [setter("span", 9)],
    "exclusive": [setter("exclusive", 0)],
    "bearer": [setter("bearer", 31)],
    "ton": [setter("ton", 5)],
    "location": [setter("location", 15)],
    "notify": [setter("notify", 100)],
    "state": [setter("state", 60)],
    "sent": [setter("copies", 1)],
    "complete": [setter("complete", False)],
    "series": [setter("from_tag", "another"), setter("to_tag", "one")],
    "incomplete": [setter("complete", True)],
    "media-at": [spoil_sdp, spoil_address],
    "contacts": [spoil_contacts],
    "warning": [spoil_header(["warning"])],
}
# no rule of content, or spoiled apart
UNSPOILED = {"optional", "anywhere", "on", "of", "call", "has", "lacks", "says", "ie"}


def spoilers(rule, value):
    """The ways to spoil RULE."""
    if rule in ("has", "lacks"):
        return [spoil_header(value.lower().split(","))]
    if rule == "ie":
        return [spoil_octets(value)]
    if rule == "says":
        return [spoil_header([value.partition(":")[0].lower()])]
    if rule == "sdp" and value is not True:
        return [spoil_sdp, spoil_direction]
    return RULE_SPOILERS.get(rule, [])


def without(messages, gone):
    """MESSAGES but GONE and what repeats it later."""
    return [
        message
        for message in messages
        if message is not gone
        and not (
            message.repeat
            and message.end >= gone.end
            and message.name() == gone.name()
            and message.src == gone.src
        )
    ]


def late_cause(cause, effect):
    """Has the cause end after its effect began, leaving the order within both groups alone."""
    cause.end = effect.begin + 0.000001


def sent_again(messages, message, pause):
    """MESSAGES, with a copy of MESSAGE of Q.931 sent PAUSE seconds later under a new N(S)."""
    out = []
    for one in messages:
        out.append(copy.copy(one))
        out[-1].wrong = list(one.wrong)
    double = copy.copy(message)
    double.wrong, double.ns = list(message.wrong), (message.ns + 64) % 128
    double.begin, double.end = message.begin + pause, message.end + pause
    out.append(double)
    out.sort(key=lambda one: one.end)
    number_calls([one for one in out if one.proto == "Q.931"])
    return out


def trying_again(messages):
    """MESSAGES with a 100 Trying after the final response of its transaction, or None."""
    for message in messages:
        if message.proto == "SIP" and (message.status or 0) >= 200 and message.cseq[1] == "INVITE":
            late = copy.copy(message)
            late.status, late.repeat, late.sdp = 100, 0, None
            late.begin = late.end = message.end + 0.000001
            return sorted(messages + [late], key=lambda one: one.end)
    return None


def other_times(case, messages, marks, place, good):
    """Yields (what, messages, marks) in which a listed time between two events is too short, or too
    long."""
    for first, last, least, most in case.apart:
        start = marks[first] if first in marks else good[int(first)].end
        for what, at in (("too short", start + least - 0.001), ("too long", start + most + 0.001)):
            what = "apart %s %s: %s" % (first, last, what)
            if last in marks:
                yield what, messages, {**marks, last: at}
                continue
            out = list(messages)
            out[place[int(last)]] = copy.copy(good[int(last)])
            out[place[int(last)]].begin = at
            yield what, out, marks
        yield "apart %s %s: it never was" % (first, last), messages, {
            name: at for name, at in marks.items() if name not in (first, last)
        } if {first, last} & set(marks) else None


def mutants(case, messages, marks):
    """Yields (what was spoiled, spoiled copy of MESSAGES, MARKS) for every listed step, rule, edge
    and time."""
    for what, spoiled in message_mutants(case, messages, marks):
        yield what, spoiled, marks
    good = check_flow(case, messages, marks).matched
    place = {number: messages.index(message) for number, message in good.items()}
    for what, spoiled, others in other_times(case, messages, marks, place, good):
        if others is not None:
            yield what, spoiled, others
    late = trying_again(messages)
    if late:
        yield "a 100 after the final response", late, marks


def message_mutants(case, messages, marks):
    """Yields (what was spoiled, spoiled copy of MESSAGES) for every listed step, rule and edge."""
    good = check_flow(case, messages, marks).matched
    place = {number: messages.index(message) for number, message in good.items()}

    def spoiled(number, change):
        out = list(messages)
        out[place[number]] = copy.deepcopy(out[place[number]])
        change(out[place[number]])
        return out

    for step in case.steps:
        number = step.number
        if number not in place:
            continue
        if not step.optional:
            yield "'%s' dropped" % step, without(messages, messages[place[number]])
        if step.names != ["100"]:
            yield "'%s' altered" % step, spoiled(number, spoil_name)
        if step.is_q931:
            for pause in (0.03, 2.0):
                yield "'%s' sent twice" % step, sent_again(messages, good[number], pause)
        for rule, value in step.rules.items():
            for spoil in spoilers(rule, value):
                yield "'%s': %s spoiled" % (step, rule), spoiled(number, spoil)
        yield "'%s' malformed" % step, spoiled(
            number, lambda message: message.wrong.append("malformed")
        )
    for before, after in case.causality:
        if before in place and after in place:
            yield "edge %d<%d turned round" % (before, after), spoiled(
                before, lambda cause, effect=good[after]: late_cause(cause, effect)
            )
    stray = (
        copy.deepcopy(
            next(message for message in messages if message.proto == "Q.931" or message.method)
        )
        if messages
        else None
    )
    if stray is not None:
        stray.repeat, stray.call_id, stray.ref, stray.epoch = 0, "stray@call", 0x7FFE, 9
        yield "a stray '%s' added" % stray.name(), messages + [stray]


def survivors(case, messages, marks):
    """(mutants tried, those the checker did not notice)."""
    tried, missed = 0, []
    for what, spoiled, others in mutants(case, messages, marks):
        tried += 1
        if not check_flow(case, spoiled, others).failures:
            missed.append(what)
    return tried, missed
