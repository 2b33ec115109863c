# Runs a test program that speaks TAP and turns its lines into cases.
import os
import re
import subprocess

LINE = re.compile(
    r"^(ok|not ok)\b\s*\d*\s*-?\s*([^#]*?)\s*(?:#\s*(SKIP|TODO)\b\s*(.*))?$", re.IGNORECASE
)


def run(command, name, results, folder, environment=None, seconds=300):
    """Every case of COMMAND becomes a case named "NAME: case"; an end without a plan, or with a bad
    status, is one more failure."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
        text, status = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as error:
        text, status = (error.stdout or b"").decode(errors="replace"), "no end in %d s" % seconds
    except OSError as error:
        text, status = str(error), "no start"
    failed, planned, seen, notes = 0, None, 0, []
    for line in text.splitlines():
        match = LINE.match(line)
        plan = re.match(r"^1\.\.(\d+)", line)
        if plan:
            planned = int(plan[1])
        elif match:
            seen += 1
            outcome = (
                "skip"
                if match[3] and match[3].upper() == "SKIP"
                else "pass"
                if match[1] == "ok"
                else "fail"
            )
            failed += outcome == "fail"
            results.tell(
                outcome,
                "%s: %s%s" % (name, match[2], " (%s)" % match[4] if match[3] and match[4] else ""),
                "\n".join(notes[-30:]) if outcome == "fail" else "",
            )
            notes = []
        else:
            notes.append(line)
    if status or planned is None or planned != seen:
        if status == 77 and not seen:
            results.tell("skip", "%s: %s" % (name, notes[-1] if notes else "not here"))
        elif not failed or not isinstance(status, int) or status < 0 or planned != seen:
            results.tell(
                "fail",
                "%s ends well (status %s, %s of %s cases)" % (name, status, seen, planned),
                "\n".join(text.splitlines()[-40:]),
            )
