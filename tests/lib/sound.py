# Judges the sound of a case: silence toward a holder and both directions again after it, or both
# directions sample exact, each at its own far end.
import audio
import config
import tones

ENOUGH = 10  # packets of 20 ms
PIECE = 400  # octets that are like themselves nowhere else in a pattern
SOON = 0.1  # seconds: a tone has ended by then
TAIL = 4000  # octets: the end of a recording, when the call was long resumed


def write_patterns(path):
    """What each side will say, as raw octets of its own law, in the files path("phone.say") and
    path("pbx.say")."""
    for who in ("phone", "pbx"):
        with open(path(who + ".say"), "wb") as file:
            file.write(audio.pattern(who))


def judge_hold(case, evidence, verdict, phone, path):
    """Failures: RTP, to wherever, between the two steps that the flow names; or a direction that is
    silent afterwards, or the one to PHONE before."""
    if not case.no_rtp:
        return []
    first, last = (verdict.matched[number].end for number in case.no_rtp)
    with open(path("pbx.heard"), "rb") as file:
        return hold_faults(evidence.rtp, (first, last), phone) + resumed_faults(
            audio.rtp_payload([d for d in evidence.rtp if d.time > last], config.GATEWAY, phone)[1],
            first_channel(evidence)(last),
            file.read(),
        )


def hold_faults(datagrams, held, phone):
    """Failures: RTP of the gateway while the call is HELD (from, to), or none to PHONE before."""
    times = audio.rtp_times(datagrams, config.GATEWAY)
    during = [at for at, _ in times if held[0] + 0.1 < at < held[1]]
    out = ["%d RTP packets were sent during hold" % len(during)] if during else []
    if sum(at < held[0] and to == phone for at, to in times) < ENOUGH:
        out.append("no RTP went to the phone before hold")
    return out


def resumed_faults(to_phone, to_line, recorded):
    """Failures: what is heard after hold is not what the other side says. TO_PHONE: the RTP, and
    TO_LINE: the timeslot, since then; RECORDED: what the PBX heard from its answer to its own
    end."""
    ends = (
        ("the wire to the phone", "pbx", to_phone),
        ("the wire to the PBX", "phone", to_line),
        ("the PBX's recording", "phone", recorded[-TAIL:]),
    )
    return [
        "%s carries nothing of what the %s says after hold" % (name, who)
        for name, who, heard in ends
        if not any(
            heard[at : at + PIECE] in audio.pattern(who)
            for at in range(0, len(heard) - PIECE + 1, PIECE // 2)
        )
    ]


def first_channel(evidence):
    """The octets that the gateway sends on the channel of the first call; see Evidence.toward_pbx()."""
    named = (message for message in evidence.q931 if message.channel and message.ref)
    return evidence.toward_pbx(next(named))


def judge_tone(case, evidence, verdict):
    """Failures: between the two steps that the flow names the PBX does not hear the tone."""
    if not case.tone:
        return []
    first, last, frequencies = case.tone
    heard, law = toward_pbx(evidence, verdict, first, last)
    fault = tones.carries(heard, law, frequencies)
    return ["toward the PBX between steps %d and %d: %s" % (first, last, fault)] if fault else []


def judge_silence(case, evidence, verdict):
    """Failures: between the two steps that the flow names the PBX hears something."""
    if not case.silence:
        return []
    first, last = case.silence
    heard, law = toward_pbx(evidence, verdict, first, last, SOON)
    fault = tones.sounds(heard, law)
    return ["toward the PBX between steps %d and %d: %s" % (first, last, fault)] if fault else []


def toward_pbx(evidence, verdict, first, last, after=0):
    """(the octets of the first call's timeslot between steps FIRST and LAST, their law); the time
    AFTER the first is left out."""
    begin, end = verdict.matched[first].end + after, verdict.matched[last].begin
    law = "ulaw" if evidence.layout.line == "t1" else "alaw"
    return first_channel(evidence)(begin, end), law


def judge_audio(case, evidence, phone, path):
    """Failures: what crossed the wire toward each far end, and what it wrote down itself, against
    what the other side said."""
    if not case.audio:
        return []
    _, law = case.audio
    line_law = "ulaw" if evidence.layout.line == "t1" else "alaw"
    to_line = audio.convert(audio.pattern("phone"), law, line_law)
    to_phone = audio.convert(audio.pattern("pbx"), line_law, law)
    gateway = evidence.layout.media_toward(phone[0], config.GATEWAY)
    out, heard = audio.rtp_payload(evidence.rtp, gateway, phone)
    out += audio.sample_exact("wire, PBX to phone", to_phone, heard)
    out += audio.sample_exact("wire, phone to PBX", to_line, first_channel(evidence)())
    with open(path("pbx.heard"), "rb") as file:
        out += audio.sample_exact("the PBX's recording", to_line, file.read())
    with open(path("phone.heard"), encoding="ascii") as file:
        recorded = b"".join(bytes.fromhex(line.split()[4]) for line in file)
    return out + audio.sample_exact("the phone's recording", to_phone, recorded)
