# Judges the octets that a story left: each direction of each call, at its own far end.
import os
import subprocess

import audio
import tones

SKIP, ANCHOR = audio.RATE, 400
LONG = 60 * audio.RATE


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def exact(name, said, heard, length):
    """Failures: HEARD, after its first second, does not go on as SAID does for LENGTH octets."""
    begin = next((at for at in range(SKIP, max(len(heard) - length, SKIP), ANCHOR) if heard[at : at + ANCHOR] in said), None)
    if begin is None:
        return ["%s: nothing of what the other side said is heard in %.1f s" % (name, len(heard) / audio.RATE)]
    offset = said.find(heard[begin : begin + ANCHOR])
    if len(heard) < begin + length or len(said) < offset + length:
        return ["%s: only %.1f s of %g s" % (name, (min(len(heard) - begin, len(said) - offset)) / audio.RATE, length / audio.RATE)]
    if heard[begin : begin + length] == said[offset : offset + length]:
        return []
    wrong = [at for at in range(length) if heard[begin + at] != said[offset + at]]
    return ["%s: %d of %d octets differ, the first %.3f s in" % (name, len(wrong), length, wrong[0] / audio.RATE)]


def pattern(build, seed):
    """What tieline-pbx plays."""
    command = [os.path.join(build, "tieline-pbx"), "--pattern", str(seed), "--octets", str(LONG + 20 * audio.RATE)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def judge_thirty(build, folder):
    out = []
    for number in range(1, 31):
        said = read(folder, "say%d" % number)
        out += exact("call %d, phone to PBX" % number, said, read(folder, "recorded%d" % number), LONG)
        out += exact("call %d, PBX to phone" % number, pattern(build, number), read(folder, "heard%d" % number), LONG)
    return out


def judge_echo(_, folder):
    """The canceller works on what comes from the line: a tone is still that tone."""
    length = 8 * audio.RATE
    fault = tones.carries(read(folder, "heard1")[2 * audio.RATE : 10 * audio.RATE], "alaw", [425])
    return exact("phone to PBX", read(folder, "say1"), read(folder, "recorded1"), length) + (
        ["PBX to phone: " + fault] if fault else []
    )


JUDGES = {"thirty_calls": ("thirty", judge_thirty), "echo": ("echo", judge_echo)}
