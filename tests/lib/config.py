# The tieline.conf of a house test: sensible for tests, changed by the flow's own settings.
import os

GATEWAY = "127.0.0.1"
SIP_PORT = 5060
SPAN_LOCAL, SPAN_REMOTE = ("127.0.0.1", 40001), ("127.0.0.2", 40002)
LINES = {"euroisdn": "e1", "ni2": "t1", "qsig": "e1"}
CHANNELS = {"e1": 30, "t1": 23}


def span(switch):
    """The settings of a span that is a pseudowire."""
    return {
        "backend": "cesopsn",
        "type": LINES[switch],
        "local": "%s:%d" % SPAN_LOCAL,
        "remote": "%s:%d" % SPAN_REMOTE,
        "packet": "5ms",
        "clock": "master",
    }


def base(folder, switch, phone):
    """{group: {key: value}} for one span to a PBX, phones calling it, its calls going to the
    address PHONE."""
    return {
        "system": {"control": os.path.join(folder, "control"), "log-level": "debug", "grace": "1s"},
        "sip": {"listen": "%s:%d" % (GATEWAY, SIP_PORT), "t1": "500ms"},
        "media": {"address": GATEWAY, "ports": "20000-20199"},
        "span e1": span(switch),
        "trunk pbx": {
            "span": "e1",
            "switch-type": switch,
            "side": "network",
            "restart": "no",
            "settle": "100ms",
        },
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
