# The demo: gateway, simulated PBX and a SIP phone on loopback, one call each way, audio compared, ladders printed.
#
# usage: demo.py BUILD [--keep]
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))

import audio  # noqa: E402  (the tests' own judge of what was heard)
from phone import Phone  # noqa: E402

TALK = 13.0
CONF = os.path.join(ROOT, "conf", "demo.conf")
PHONE = "127.0.0.1:5080"


class Trouble(Exception):
    """What went wrong, for people."""


class Demo:
    def __init__(self, build, folder):
        self.build, self.folder = os.path.abspath(build), folder
        self.gateway = self.pbx = None
        self.phones = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        with open(self.path("tielined.log"), "wb") as log:
            self.gateway = subprocess.Popen([os.path.join(self.build, "tielined"), "-c", CONF], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        with open(self.path("pbx.log"), "wb") as log:
            self.pbx = subprocess.Popen([os.path.join(self.build, "tieline-pbx"), "--local", "127.0.0.1:4001", "--remote",
                                         "127.0.0.1:4000", "--packet", "5", "--buffer", "8"],
                                        stdin=subprocess.PIPE, stdout=log, stderr=log)
        self.wait("the line to come up", 20, self.line_is_up)

    def stop(self):
        for phone in self.phones:
            phone.end()
        for process in (self.pbx, self.gateway):
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()

    def say(self, *lines):
        """Commands for the PBX."""
        self.pbx.stdin.write("".join(line + "\n" for line in lines).encode())
        self.pbx.stdin.flush()

    def ask(self, *words):
        """What tielinectl answers, as JSON; None when nobody does."""
        done = subprocess.run([os.path.join(self.build, "tielinectl"), "--socket", "/tmp/tieline-demo.control", "--json", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def line_is_up(self):
        spans = self.ask("show", "spans")
        return bool(spans) and all(span["d_channel"] == "up" for span in spans)

    def calls(self):
        return self.ask("show", "calls") or []

    def talking(self):
        return any(call["sip"] == "UP" and call["isdn"] == "ACTIVE" for call in self.calls())

    def wait(self, what, seconds, condition):
        until = time.monotonic() + seconds
        while not condition():
            for process in (self.gateway, self.pbx):
                if process.poll() is not None:
                    raise Trouble("waiting for %s: %s has ended" % (what, process.args[0]))
            if time.monotonic() > until:
                raise Trouble("waited %d s in vain for %s" % (seconds, what))
            time.sleep(0.1)

    def call(self, title, number, seed, dial=None):
        """One call; the phone dials DIAL, or waits for the PBX to call it. Returns what was wrong with its audio."""
        print("\n== %s" % title, flush=True)
        said = {"phone": audio.pattern(seed, 20), "pbx": audio.pattern(seed + 1, 20)}
        with open(self.path("pbx-says"), "wb") as file:
            file.write(said["pbx"])
        heard = self.path("pbx-heard-%d" % seed)
        phone = Phone(self.path("phone-%d" % seed), number, PHONE, "27000-27020", said["phone"], dial)
        self.phones.append(phone)
        if not dial:
            time.sleep(1)
            self.say("call %s from 201 name \"Reception\"" % number)
        self.wait("the call to be answered", 15, self.talking)
        self.say("record " + heard, "play " + self.path("pbx-says"))
        time.sleep(TALK)
        if dial:
            phone.end()
        else:
            self.say("disconnect 16")
        self.wait("the call to end", 10, lambda: not self.calls())
        phone.end()
        self.ladder()
        with open(heard, "rb") as file:
            at_pbx = file.read()
        return (audio.sample_exact("phone to PBX", said["phone"], at_pbx) +
                audio.sample_exact("PBX to phone", said["pbx"], phone.heard()))

    def ladder(self):
        subprocess.run([os.path.join(self.build, "tielinectl"), "--socket", "/tmp/tieline-demo.control", "ladder", "last"],
                       check=False)

    def run(self):
        self.start()
        self.say("always ring then answer after 1s")
        wrong = self.call("The phone calls extension 200 of the PBX", "100", 1, "sip:200@127.0.0.1:5060")
        wrong += self.call("Extension 201 of the PBX calls the phone", "101", 3)
        for text in wrong:
            print("AUDIO: " + text)
        if not wrong:
            print("\naudio: 10 s of each direction of each call equal, octet for octet")
        return not wrong

    def keep(self):
        print("""
The gateway and the PBX are running (logs in %s). To call by hand:
  - in a softphone without registration (proxy or direct IP call), call sip:200@127.0.0.1:5060: the PBX answers and echoes
  - to be called, let the softphone listen on 127.0.0.1:5080 and write "call 100 from 201" below
  - watch: %s --socket /tmp/tieline-demo.control show calls | ladder last
Lines you write here go to the PBX (tieline-pbx(1)); end with Ctrl-D or Ctrl-C.""" % (self.folder, os.path.join(self.build, "tielinectl")))
        self.say("always ring then answer after 1s then echo")
        try:
            for line in sys.stdin:
                self.say(line.rstrip("\n"))
            if not sys.stdin.isatty():
                signal.pause()
        except KeyboardInterrupt:
            print()


def leave(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, leave)
    folder = tempfile.mkdtemp(prefix="tieline-demo-")
    demo = Demo(sys.argv[1], folder)
    try:
        good = demo.run()
        if good and "--keep" in sys.argv[2:]:
            demo.keep()
    except Trouble as trouble:
        print("quickstart: %s; logs in %s" % (trouble, folder))
        good = False
    except KeyboardInterrupt:
        good = False
    finally:
        demo.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
