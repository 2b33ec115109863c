# The spans of one case: how many, which of them has a D channel, what that is in tieline.conf and for tieline-pbx.
import config

PORTS_APART = 2
HELP = "spans N [nfas [backup]]"


class Spans:
    """One as a rule. Spans are counted from 1; in a group the interface identifier is one less. BACKUP: the second one has the
    group's second D channel."""

    MOST = 4

    def __init__(self, text="1"):
        count, *words = text.split()
        self.count = int(count)
        self.group, self.backup = "nfas" in words, "backup" in words
        sound = words in ([], ["nfas"], ["nfas", "backup"])
        if not sound or not 1 <= self.count <= self.MOST or (words and self.count == 1):
            raise ValueError("'%s' is not %s" % (text, HELP))

    def __iter__(self):
        return iter(range(1, self.count + 1))

    def role(self, span):
        """d-role of a SPAN."""
        if not self.group or span == 1:
            return "own"
        return "backup" if self.backup and span == 2 else "none"

    def trunk(self, span):
        """Whose call references a message on SPAN's D channel belongs to."""
        return 1 if self.group else span

    def carrying(self, message):
        """The span of the channel that MESSAGE of Q.931 names."""
        if not self.group or message.interface is None:
            return message.span
        return message.interface + 1

    def ends(self, span):
        """((address, port) of the gateway's end, of the PBX's)"""
        shift = (span - 1) * PORTS_APART
        return tuple((host, port + shift) for host, port in (config.SPAN_LOCAL, config.SPAN_REMOTE))

    def settings(self, switch):
        """Lines of tieline.conf beyond those of the first span: the others, and a second trunk where they are no group."""
        out = []
        for span in list(self)[1:]:
            name, (here, there) = "span e%d" % span, self.ends(span)
            out += [(name, *pair) for pair in config.span(switch).items()]
            out += [(name, "local", "%s:%d" % here), (name, "remote", "%s:%d" % there)]
            if self.group:
                out += [(name, "interface", "%d" % (span - 1)), (name, "d-role", self.role(span))]
            else:
                trunk = "trunk pbx%d" % span
                out += [(trunk, *pair) for pair in config.trunk(switch).items()] + [(trunk, "span", "e%d" % span)]
        if self.group:
            out.append(("trunk pbx", "span", ", ".join("e%d" % span for span in self)))
        elif self.count > 1:
            out.append(("route in", "from", ", ".join(["pbx"] + ["pbx%d" % span for span in list(self)[1:]])))
        return out

    def options(self):
        """The ends of the PBX's spans, as options of tieline-pbx."""
        if self.count == 1:
            here, there = self.ends(1)
            return ["--local", "%s:%d" % there, "--remote", "%s:%d" % here]
        out = []
        for span in self:
            here, there = self.ends(span)
            text = "local=%s:%d,remote=%s:%d" % (*there, *here)
            if self.group:
                text += ",d-role=%s,interface=%d" % (self.role(span), span - 1)
            out += ["--span", text]
        return out

    def stand(self, rows):
        """Do ROWS of `tielinectl show spans` say that a call could be placed on every span, by either D channel?"""
        return len(rows) == self.count and all(
            row["d_channel"] == "up" and row.get("d_role") != "down" for row in rows
        )
