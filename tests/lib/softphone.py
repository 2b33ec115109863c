# A real softphone as a phone of a flow: runs baresip with a script of commands to it and events from
# it, in the house's namespace. Ends with status 0 when the script came to its end.
#
# usage: softphone.py FOLDER SCRIPT.json
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

MODULES = "/usr/lib/baresip/modules"
DESK_PORT = 4444  # where it takes commands
PATIENCE = 20.0  # seconds for an event
CONFIG = """\
poll_method epoll
sip_listen {address}:5060
audio_source aufile,{folder}/speak.wav
audio_player aufile,{folder}/heard.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
jitter_buffer_type off
rtp_ports 7000-7098
ring_aufile none
module_path {modules}
module g711.so
module aufile.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{desk}
call_max_calls 4
call_hold_other_calls no
"""
LINE = re.compile(r"^([<>])\s+(\S+)\s*(.*)$")
REST = re.compile(r"^(wait|mark|await)\s+(\S+)$")


class SoftphoneError(Exception):
    """What did not come, or cannot be read."""


def read_lines(lines):
    """[(kind, word, rest)] of a script: > COMMAND REST, < EVENT, wait 300ms, mark NAME, await NAME.
    SoftphoneError where it cannot be read."""
    out = []
    for line in (one.strip() for one in lines):
        match = LINE.match(line)
        if match:
            out.append(match.groups())
        elif match := REST.match(line):
            out.append((match[1], match[2], ""))
        else:
            raise SoftphoneError("'%s' is no line of a softphone's script" % line)
    return out


def silence(path, seconds):
    """A WAV file of SECONDS without sound."""
    octets = bytes(16000 * seconds)
    head = (16).to_bytes(4, "little") + bytes((1, 0, 1, 0)) + (8000).to_bytes(4, "little")
    head += (16000).to_bytes(4, "little") + bytes((2, 0, 16, 0))
    body = b"WAVEfmt " + head + b"data" + len(octets).to_bytes(4, "little") + octets
    with open(path, "wb") as file:
        file.write(b"RIFF" + len(body).to_bytes(4, "little") + body)


class Desk:
    """baresip's control port: commands out, events in, both as netstrings of JSON."""

    def __init__(self, address):
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.socket = socket.create_connection((address, DESK_PORT), 1)
                break
            except OSError:
                if time.monotonic() > until:
                    raise SoftphoneError("baresip takes no commands") from None
                time.sleep(0.05)
        self.octets, self.events = b"", []

    def say(self, command, rest):
        text = json.dumps({"command": command, "params": rest}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))

    def hear(self, until):
        """The next event or answer; SoftphoneError when none comes."""
        while True:
            length, colon, rest = self.octets.partition(b":")
            if colon and len(rest) > int(length):
                self.octets = rest[int(length) + 1 :]
                return json.loads(rest[: int(length)])
            self.socket.settimeout(max(until - time.monotonic(), 0.01))
            try:
                more = self.socket.recv(65536)
            except socket.timeout:
                return None
            if not more:
                raise SoftphoneError("baresip is gone")
            self.octets += more

    def expect(self, kind):
        """Waits for the event KIND, past others."""
        until = time.monotonic() + PATIENCE
        while (one := self.hear(until)) is not None:
            print(json.dumps(one), flush=True)
            if one.get("event") and one.get("type") == kind:
                return
        raise SoftphoneError("%s never came" % kind)


def play(desk, script, marks):
    for kind, word, rest in script:
        print("--", kind, word, rest, flush=True)
        if kind == ">":
            desk.say(word, rest)
        elif kind == "<":
            desk.expect(word)
        elif kind == "wait":
            time.sleep(int(word.removesuffix("ms")) / 1000)
        elif kind == "mark":
            with open(marks % word, "w", encoding="ascii"):
                pass
        elif kind == "await":
            until = time.monotonic() + PATIENCE
            while not os.path.exists(marks % word):
                if time.monotonic() > until:
                    raise SoftphoneError("nobody came as far as '%s'" % word)
                time.sleep(0.02)


def main(folder, path):
    """PATH: {"address", "account", "config" (more lines), "script", "marks"} as JSON."""
    with open(path, encoding="utf-8") as file:
        what = json.load(file)
    silence(os.path.join(folder, "speak.wav"), 60)
    text = CONFIG.format(
        address=what["address"], folder=folder, modules=MODULES, desk=DESK_PORT
    )
    for name, content in (
        ("config", text + what["config"]),
        ("accounts", "# by command\n"),
        ("contacts", ""),
    ):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)
    with open(os.path.join(folder, "log"), "wb") as log:
        phone = subprocess.Popen(
            ["baresip", "-4", "-f", folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    status = 0
    try:
        desk = Desk(what["address"])
        desk.say("uanew", what["account"])  # not before somebody hears what becomes of it
        play(desk, read_lines(what["script"]), what["marks"])
    except SoftphoneError as error:
        print(error, file=sys.stderr)
        status = 1
    if phone.poll() is None:
        phone.send_signal(signal.SIGTERM)  # it takes its registration back first
    try:
        phone.wait(8)
    except subprocess.TimeoutExpired:
        phone.kill()
        print("baresip does not leave", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
