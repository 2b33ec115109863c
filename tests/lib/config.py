# The tieline.conf of a house test: sensible for tests, changed by the flow's own settings.
import os

GATEWAY = "127.0.0.1"
SIP_PORT = 5060
SPAN_LOCAL, SPAN_REMOTE = ("127.0.0.1", 40001), ("127.0.0.2", 40002)
CHANNELS = {"e1": 30, "t1": 23, "bri": 2}
# What a flow calls a switch type: the dialect and the line it runs on; with /cpe behind it the gateway is the user side.
SWITCHES = {
    "euroisdn": ("euroisdn", "e1"),
    "euroisdn-t1": ("euroisdn", "t1"),
    "ni2": ("ni2", "t1"),
    "dms100": ("dms100", "t1"),
    "5ess": ("5ess", "t1"),
    "4ess": ("4ess", "t1"),
    "qsig": ("qsig", "e1"),
    "bri": ("euroisdn", "bri"),
}
SIDES = ("network", "cpe")
EVERY_SWITCH = ["%s/%s" % (name, side) for side in SIDES for name in SWITCHES]


def dialect(switch):
    """SWITCH as switch-type of a trunk says it."""
    return SWITCHES[switch.partition("/")[0]][0]


def line(switch):
    """e1, t1 or bri."""
    return SWITCHES[switch.partition("/")[0]][1]


def side(switch):
    """The gateway's."""
    return switch.partition("/")[2] or "network"


def span(switch):
    """The settings of a span that is a pseudowire."""
    return {
        "backend": "cesopsn",
        "type": line(switch),
        "local": "%s:%d" % SPAN_LOCAL,
        "remote": "%s:%d" % SPAN_REMOTE,
        "packet": "5ms",
        "clock": "master",
    }


def trunk(switch):
    """The settings of a trunk, but its spans."""
    return {
        "switch-type": dialect(switch),
        "side": side(switch),
        "restart": "no",
        "settle": "100ms",
        "ringback": "yes" if side(switch) == "cpe" else "",  # flows read alike on both sides
    }


def base(folder, switch, phone):
    """{group: {key: value}} for one span to a PBX, phones calling it, its calls going to the
    address PHONE."""
    return {
        "system": {"control": os.path.join(folder, "control"), "log-level": "debug", "grace": "1s"},
        "sip": {"listen": "%s:%d" % (GATEWAY, SIP_PORT), "t1": "500ms"},
        "media": {"address": GATEWAY, "ports": "20000-20199"},
        "span e1": span(switch),
        "trunk pbx": {"span": "e1", **trunk(switch)},
        "peer phones": {"network": "127.0.0.0/8", "trusted": "yes"},
        "registrar": {"store": os.path.join(folder, "tieline.db")},
        "route out": {"from": "127.0.0.0/8", "to": "trunk pbx"},
        "route in": {"from": "pbx", "to": "sip:{number}@%s" % phone},
    }


def apply(settings, changes):
    """Changes: ["[group] key = value", ...] or (group, key, value) triples; an empty value removes
    the key."""
    for change in changes:
        if isinstance(change, str):
            group, _, rest = change.partition("]")
            key, _, value = rest.partition("=")
            change = (group.strip(" ["), key.strip(), value.strip())
        group, key, value = change
        settings.setdefault(group, {})[key] = value
    return settings


def text(settings):
    lines = []
    for group, keys in settings.items():
        lines += (
            ["[%s]" % group] + ["%s = %s" % pair for pair in keys.items() if pair[1] != ""] + [""]
        )
    return "\n".join(lines)
