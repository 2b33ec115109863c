# The primary proxy of a case: Kamailio in the place of the proxy the gateway stands by, frozen, thawed or
# made to refuse while the gateway watches.
import os
import signal

import config
from namespace import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
# frozen: it lived, and says nothing when the case begins; returned: it was gone, and is back; refuses: it
# answers OPTIONS, and every INVITE with 503.
DNS = ("127.0.0.53", 53)
FATES = ("frozen", "returned", "refuses")
REFUSAL = 'if (is_method("INVITE")) { sl_send_reply("503", "Service Unavailable"); exit; }'


def settings(case, addresses):
    """Lines of tieline.conf: who is watched, at the pace of a test, and who knows names."""
    if case.zone:
        return ["[proxy] name-server = %s:%d" % DNS, "[proxy] enum = e164.test", "[proxy] foreign = yes"]
    if not case.primary:
        return []
    proxy = next(name for name, role in case.parties.items() if role == "proxy")
    return [
        "[proxy] mode = standby",
        "[proxy] primary = %s:%d" % addresses[proxy],
        "[proxy] check = 300ms",
        "[proxy] check-down = 200ms",
        "[proxy] fail-over-after = 500ms",
        "[proxy] up-after = 2",
        "[proxy] up-time = 500ms",
    ]


def config_values(case):
    """What kamailio.cfg is filled in with."""
    return {"refusal": REFUSAL} if case.primary.get("fate") == "refuses" else {}


def open_name_server(stage):
    """With the case's zone."""
    if not stage.case.zone:
        return
    with open(stage.path("zone"), "w", encoding="utf-8") as file:
        file.write("\n".join(line.strip() for line in stage.case.zone) + "\n")
    stage.namespace.start(
        "dns",
        ["python3", os.path.join(HERE, "dns_server.py"), stage.path("zone"), "--address", DNS[0], "--port", str(DNS[1])],
        stage.path("dns.log"),
    )
    if not wait_for(lambda: stage.listening(*DNS), 10):
        raise RuntimeError("the name server does not start")


def is_watching(message):
    """OPTIONS and its answers: how often they come is the watch's business, not the flow's."""
    return message.proto == "SIP" and message.cseq[1] == "OPTIONS"


class Primary:
    """The one of STAGE."""

    def __init__(self, stage):
        self.stage, self.fate = stage, stage.case.primary

    def open(self):
        """Leads it to where the case begins."""
        self.await_state("up")
        if self.fate["fate"] in ("frozen", "returned"):
            self.freeze()
        if self.fate["fate"] == "returned":
            self.await_state("down")
            self.thaw()

    def go_on(self):
        """Lets it return when the case says so."""
        when = self.fate.get("returns")
        if when:
            self.stage.await_moment(when)
            self.thaw()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)
        self.await_state("up")

    def await_state(self, state):
        def there():
            rows = self.stage.desk.ask("show", "primary")
            return bool(rows) and rows[0]["state"] == state

        if not wait_for(there, 15, 0.05):
            raise RuntimeError("the primary never was %s" % state)

    def signal(self, how):
        """To Kamailio and its children."""
        first = self.stage.kamailio.popen.pid
        for pid in [first, *children(first)]:
            os.kill(pid, how)


def children(pid):
    """Process ids of all below PID."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            here = [int(word) for word in file.read().split()]
    except OSError:
        return []
    return here + [one for child in here for one in children(child)]
