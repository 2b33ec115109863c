# The users of a case whose phones have passwords: a file of HA1s and the settings that name it.
import hashlib
import os

import config

HASHES = ("md5", "sha256")


def write_users(path, realm, passwords):
    """PASSWORDS: {user: password}."""
    with open(path, "w", encoding="utf-8") as file:
        for user, password in passwords.items():
            secret = ("%s:%s:%s" % (user, realm, password)).encode()
            hashes = [hashlib.new(name, secret).hexdigest() for name in HASHES]
            file.write(":".join([user, realm, *hashes]) + "\n")
    os.chmod(path, 0o600)


def settings(case, path):
    """Lines of tieline.conf that have CASE's phones authenticate, all of them by MD5, which is what
    SIPp knows; the users' file is written to PATH. None where no phone has a password."""
    if not case.passwords:
        return []
    write_users(path, config.GATEWAY, {case.numbers[one]: word for one, word in case.passwords.items()})
    return [
        "[guard] users = " + path,
        "[guard] md5-networks = 127.0.0.0/8",
        "[peer phones] trusted = no",
    ]
