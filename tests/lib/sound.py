# Judges the sound of a case: silence toward a holder, and both directions sample exact, each at its
# own far end.
import audio
import config


def write_patterns(path):
    """What each side will say, as raw octets of its own law, in the files path("phone.say") and
    path("pbx.say")."""
    for who in ("phone", "pbx"):
        with open(path(who + ".say"), "wb") as file:
            file.write(audio.pattern(who))


def judge_hold(case, evidence, verdict, phone):
    """Failures: RTP to PHONE between the two steps that the flow names, or none before and after
    them."""
    if not case.no_rtp:
        return []
    first, last = (verdict.matched[number].end for number in case.no_rtp)
    times = audio.rtp_times(evidence.rtp, config.GATEWAY, phone[0])
    held = [at for at in times if first + 0.1 < at < last]
    out = ["%d RTP packets went to the holder" % len(held)] if held else []
    if not [at for at in times if at < first] or not [at for at in times if at > last]:
        out.append("no RTP went to the phone while the call was not held")
    return out


def judge_audio(case, evidence, phone, path):
    """Failures: what crossed the wire toward each far end, and what it wrote down itself, against
    what the other side said."""
    if not case.audio:
        return []
    _, law = case.audio
    line_law = "alaw" if evidence.layout.line == "e1" else "ulaw"
    channel = next(message.channel for message in evidence.q931 if message.channel)
    to_line = audio.convert(audio.pattern("phone"), law, line_law)
    to_phone = audio.convert(audio.pattern("pbx"), line_law, law)
    out, heard = audio.rtp_payload(evidence.rtp, config.GATEWAY, phone)
    out += audio.sample_exact("wire, PBX to phone", to_phone, heard)
    out += audio.sample_exact("wire, phone to PBX", to_line, evidence.sent.slot(channel))
    with open(path("pbx.heard"), "rb") as file:
        out += audio.sample_exact("the PBX's recording", to_line, file.read())
    with open(path("phone.heard"), encoding="ascii") as file:
        recorded = b"".join(bytes.fromhex(line.split()[4]) for line in file)
    return out + audio.sample_exact("the phone's recording", to_phone, recorded)
