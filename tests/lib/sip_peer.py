# A SIP phone of few words for the pair tests: obeys the lines it reads, answers each with one line.
#
# Python's own TLS is a far end that shares nothing with Sofia but the library below both.
import hashlib
import re
import socket
import ssl
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Peer:
    def __init__(self):
        self.link = None
        self.udp = False
        self.count = 0

    def connect(self, transport, source, host, port, version="", authority=""):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        plain = socket.socket(family, kind)
        plain.settimeout(10)
        plain.bind((source, 0))
        self.udp = transport == "udp"
        self.link = plain
        try:
            plain.connect((host, int(port)))
            if transport != "tls":
                return "connected %d" % plain.getsockname()[1]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ALL:@SECLEVEL=0")
            if authority:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(authority)
            context.minimum_version = ssl.TLSVersion.TLSv1
            if version not in ("", "any"):
                context.minimum_version = VERSIONS[version]
                context.maximum_version = VERSIONS[version]
            self.link = context.wrap_socket(plain)
        except ConnectionResetError:
            return "closed"
        except OSError as error:
            return "refused %s" % (getattr(error, "reason", None) or error)
        return "connected %d %s" % (self.link.getsockname()[1], self.link.version())

    def knock(self, *where):
        """Connects; what becomes of the connection."""
        said = self.connect(*where)
        return self.hear(5) if said.startswith("connected") else said

    def read(self):
        """One message, or what there is: "" at the end of the stream."""
        text = b""
        try:
            while b"\r\n\r\n" not in text:
                got = self.link.recv(65536)
                text += got
                if not got or self.udp:
                    break
        except ConnectionError:
            return ""
        return text.decode(errors="replace")

    def request(self, method="OPTIONS"):
        self.count += 1
        host, port = self.link.getsockname()[:2]
        name = "[%s]:%d" % (host, port) if ":" in host else "%s:%d" % (host, port)
        via = "UDP" if self.udp else "TLS" if isinstance(self.link, ssl.SSLSocket) else "TCP"
        self.link.sendall(
            (
                "%s sip:box SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%d-%d;rport\r\nFrom: <sip:a@x>;tag=1\r\n"
                "To: <sip:box>\r\nCall-ID: %d-%d\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                % (method, via, name, port, self.count, port, self.count, self.count, method)
            ).encode()
        )

    def options(self):
        try:
            self.request()
            return self.first_line()
        except OSError as error:
            return "broken %s" % type(error).__name__

    def first_line(self):
        return self.read().split("\r\n")[0] or "closed"

    def answer(self):
        """Answers the request that comes; its first line."""
        text = self.read()
        headers = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*$", text, re.M)
        self.link.sendall(
            ("SIP/2.0 200 OK\r\n" + "".join(h.strip() + "\r\n" for h in headers) + "Content-Length: 0\r\n\r\n").encode()
        )
        return text.split("\r\n")[0] or "closed"

    def send(self, text):
        try:
            self.link.sendall(text.encode().decode("unicode_escape").encode())
        except OSError as error:
            return "broken %s" % type(error).__name__
        return "sent"

    def hear(self, seconds):
        """What comes within SECONDS, as a Python literal; "closed", "silence"."""
        self.link.settimeout(float(seconds))
        try:
            got = self.link.recv(65536)
            return ascii(got.decode(errors="replace")) if got else "closed"
        except (TimeoutError, socket.timeout):
            return "silence"
        except OSError:
            return "closed"
        finally:
            self.link.settimeout(10)

    def shows(self, file):
        """Is the certificate that was shown the first one of FILE?"""
        with open(file, encoding="ascii") as pem:
            text = pem.read()
        end = "-----END CERTIFICATE-----"
        wanted = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") : text.index(end) + len(end)])
        shown = self.link.getpeercert(binary_form=True)
        return "same" if hashlib.sha256(shown).digest() == hashlib.sha256(wanted).digest() else "other"

    def close(self):
        self.link.close()
        return "closed"


def main():
    peer = Peer()
    for line in sys.stdin:
        words = line.rstrip("\n").split(" ", 1)
        arguments = [] if len(words) == 1 else [words[1]] if words[0] == "send" else words[1].split(" ")
        print(getattr(peer, words[0])(*arguments), flush=True)


main()
