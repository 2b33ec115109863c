# Spoils good evidence in every way a flow's check must notice, to prove that the check can fail.
import copy

from check import check_flow

OTHER_STATUS = {"1": 182, "2": 202, "3": 305, "4": 499, "5": 599, "6": 699}


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


def spoil_number(message):
    message.called = message.calling = "none"
    message.uri = "sip:none@none"
    if message.proto == "SIP":
        message.headers["from"] = ["<sip:none@none>;tag=0"]


RULE_SPOILERS = {
    "cause": spoil_cause,
    "reason": spoil_reason,
    "sdp": spoil_sdp,
    "no-sdp": spoil_sdp,
    "hold": spoil_sdp,
    "pi": spoil_progress,
    "no-pi": spoil_progress,
    "called": spoil_number,
    "calling": spoil_number,
    "uri": spoil_number,
    "no-reason": lambda message: message.headers.update(reason=["Q.850;cause=1"]),
    "restart": lambda message: setattr(message, "restart", 5),
    "channel": lambda message: setattr(message, "channel", 99),
}


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


def mutants(case, messages):
    """Yields (what was spoiled, spoiled copy of MESSAGES) for every listed step, rule and edge."""
    good = check_flow(case, messages).matched
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
        for rule, value in step.rules.items():
            if rule in RULE_SPOILERS:
                yield "'%s': %s spoiled" % (step, rule), spoiled(number, RULE_SPOILERS[rule])
            elif rule in ("has", "lacks"):
                yield "'%s': %s spoiled" % (step, rule), spoiled(
                    number, spoil_header(value.lower().split(","))
                )
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


def survivors(case, messages):
    """(mutants tried, those the checker did not notice)."""
    tried, missed = 0, []
    for what, spoiled in mutants(case, messages):
        tried += 1
        if not check_flow(case, spoiled).failures:
            missed.append(what)
    return tried, missed
