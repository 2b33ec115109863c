# Asks tielined's control socket what it thinks is going on: bookkeeping for house tests, never
# evidence of a message.
import json
import subprocess


# Counters of what lives no longer than a call.
GONE = ("port pairs in use", "calls live", "proxy transactions live")


class Desk:
    """tielinectl at the control socket CONTROL."""

    def __init__(self, program, control):
        self.command = [program, "-s", control]

    def tell(self, *words):
        """What tielinectl prints; "" when it fails."""
        done = subprocess.run(
            self.command + list(words),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return done.stdout.decode(errors="replace") if done.returncode == 0 else ""

    def ask(self, *words):
        """tielinectl's JSON answer, or None."""
        try:
            return json.loads(self.tell("--json", *words))
        except ValueError:
            return None

    def lines_up(self):
        """Could the gateway place a call on every span?"""
        spans = self.ask("show", "spans")
        return bool(spans) and all(span["d_channel"] == "up" for span in spans)

    def lines_down(self):
        """Is the D channel of every span down?"""
        spans = self.ask("show", "spans")
        return bool(spans) and all(span["d_channel"] == "down" for span in spans)

    def busy_channels(self):
        return sum(channel["state"] == "busy" for channel in self.ask("show", "channels") or [])

    def calls_up(self):
        """How many calls are answered and acknowledged."""
        return sum(call["sip"] == "UP" for call in self.ask("show", "calls") or [])

    def no_calls(self):
        return self.ask("show", "calls") == []

    def out_of_service(self, channel):
        return self.channel_is(channel, "out of service")

    def channel_is(self, channel, state):
        return any(
            row["channel"] == channel and row["state"] == state
            for row in self.ask("show", "channels") or []
        )

    def loose_ends(self, at_rest, but=""):
        """What should be gone when no call lives, as texts; AT_REST: states of a channel that
        nobody uses, or None when channels do not matter. BUT: a channel that does not."""
        calls, channels, counters = (
            self.ask("show", what) for what in ("calls", "channels", "counters")
        )
        if calls is None or channels is None or counters is None:
            return ["tielinectl does not answer"]
        return (
            [
                "call %d still lives (%s, %s)" % (call["call"], call["sip"], call["isdn"])
                for call in calls
            ]
            + [
                "channel %s is %s" % (row["channel"], row["state"])
                for row in channels
                if at_rest and row["state"] not in at_rest and row["channel"] != but
            ]
            + [
                "%d %s" % (row["value"], row["counter"])
                for row in counters
                if row["counter"] in GONE and row["value"]
            ]
        )
