# baresip as the SIP phone of the demo: speaks a G.711 pattern, keeps what it hears as A-law octets.
import glob
import os
import signal
import struct
import subprocess

MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
poll_method epoll
sip_listen {address}
audio_source aufile,{folder}/speak.wav
audio_player aufile,{folder}/unused.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
jitter_buffer_type off
rtp_ports {rtp}
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
snd_path {folder}
module_app account.so
module_app menu.so
"""
ACCOUNT = "<sip:{number}@{address}>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1;ptime=20\n"


def linear(octet):
    """ITU-T G.711 table 1: the 13-bit value of an A-law octet, as 16 bits."""
    octet ^= 0x55
    exponent, mantissa = octet >> 4 & 7, octet & 15
    value = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return value if octet & 0x80 else -value


LINEAR = [linear(octet) for octet in range(256)]
ALAW = {value: octet for octet, value in enumerate(LINEAR)}


def write_wav(path, octets):
    data = struct.pack("<%dh" % len(octets), *(LINEAR[octet] for octet in octets))
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(data)) + data)


def read_wav(path):
    """The samples as A-law octets; a sample no A-law octet decodes to becomes 0x55 ^ 0xFF, which no pattern follows for long."""
    with open(path, "rb") as file:
        data = file.read()
    data = data[data.index(b"data") + 8:]
    return bytes(ALAW.get(value, 0xAA) for (value,) in struct.iter_unpack("<h", data[:len(data) // 2 * 2]))


class Phone:
    """One baresip: answers by itself, or dials at once."""

    def __init__(self, folder, number, address, rtp, pattern, dial=None):
        os.makedirs(folder)
        self.folder = folder
        write_wav(os.path.join(folder, "speak.wav"), pattern)
        self.put("config", CONFIG.format(folder=folder, address=address, rtp=rtp, modules=MODULES))
        self.put("accounts", ACCOUNT.format(number=number, address=address))
        self.put("contacts", "")
        command = ["baresip", "-f", folder] + (["-e", "/dial " + dial] if dial else [])
        with open(os.path.join(folder, "log"), "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def put(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    def end(self):
        """Hangs up and leaves."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def heard(self):
        files = glob.glob(os.path.join(self.folder, "dump-*-dec.wav"))
        return read_wav(files[0]) if files else b""
