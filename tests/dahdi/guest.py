# A QEMU guest with the real DAHDI driver and no card: prepared from Debian's packages, kept outside the tree, booted
# under TCG. It sees this machine's files read-only beneath a memory overlay, so what was built here runs there unchanged.
#
# usage: guest.py COMMAND [ARGUMENT ...]     runs COMMAND in the guest, in this folder; its output and exit status
import glob
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = ("qemu-system-x86", "busybox-static", "cpio", "kmod")
MODULES = (
    "virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover net_failover virtio_net "
    "fuse virtiofs overlay crc-ccitt dahdi dahdi_dynamic dahdi_dynamic_loc dahdi_echocan_mg2"
).split()
BUILD = "DAHDI_BUILD_ALL= CONFIG_DAHDI=m CONFIG_DAHDI_DYNAMIC=m CONFIG_DAHDI_DYNAMIC_LOC=m CONFIG_DAHDI_ECHOCAN_MG2=m".split()
MEMORY = "3G"
PROCESSOR = "qemu64"  # what newer ones can do costs an emulator more than it gains


class Unavailable(Exception):
    """The guest cannot be had here; the text says why."""


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Unavailable("%s: %s" % (" ".join(command), done.stdout.decode(errors="replace").strip()[-400:]))
    return done.stdout.decode(errors="replace")


def kernel():
    """The version of Debian's cloud kernel, like 6.1.0-44-cloud-amd64."""
    for word in run("apt-cache", "depends", "linux-image-cloud-amd64").split():
        if word.startswith("linux-image-6"):
            return word.removeprefix("linux-image-")
    raise Unavailable("apt knows no linux-image-cloud-amd64: apt-get update?")


def install(version):
    missing = [
        package
        for package in (*TOOLS, "linux-headers-" + version)
        if subprocess.run(["dpkg", "-s", package], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    ]
    if missing:
        if os.geteuid():
            raise Unavailable("needs root to install " + " ".join(missing))
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *missing)


def unpack(version, folder):
    """The packages' files, unpacked and not installed; where they lie."""
    root = os.path.join(folder, "root")
    for package in ("linux-image-" + version, "dahdi-dkms", "dahdi", "libtonezone2.0"):
        run("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package, cwd=folder)
    for package in glob.glob(os.path.join(folder, "*.deb")):
        run("dpkg", "-x", package, root)
        os.unlink(package)
    return root


def find(root, name):
    for pattern in (name + ".ko", name.replace("-", "_") + ".ko", name.replace("_", "-") + ".ko"):
        found = glob.glob(os.path.join(root, "**", pattern), recursive=True)
        if found:
            return found[0]
    return None


INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in %(modules)s; do
    options=
    [ $module = dahdi ] && options=auto_assign_spans=1
    [ ! -e /modules/$module.ko ] || insmod /modules/$module.ko $options || echo "guest: $module does not load"
done
mkdir -p /host /cover /all
mount -t virtiofs host /host && mount -t tmpfs cover /cover && mkdir /cover/up /cover/work &&
    mount -t overlay -o lowerdir=/host,upperdir=/cover/up,workdir=/cover/work all /all || poweroff -f
for place in proc sys dev; do mount --move /$place /all/$place; done
mkdir -p /all/dev/shm /all/dev/pts; mount -t tmpfs shm /all/dev/shm; mount -t devpts pts /all/dev/pts
mount -t tmpfs run /all/run
mount -t virtiofs work /all/mnt
ip link set lo up
exec switch_root /all /bin/sh /mnt/start
"""


def make_initramfs(folder, root, built):
    image = os.path.join(folder, "image")
    for place in ("bin", "modules", "proc", "sys", "dev"):
        os.makedirs(os.path.join(image, place))
    shutil.copy("/bin/busybox", os.path.join(image, "bin"))
    for module in MODULES:
        path = find(built, module) or find(root, module)
        if path:
            shutil.copy(path, os.path.join(image, "modules", module + ".ko"))
    with open(os.path.join(image, "init"), "w", encoding="ascii") as file:
        file.write(INIT % {"modules": " ".join(MODULES)})
    os.chmod(os.path.join(image, "init"), 0o755)
    run("sh", "-c", "find . | cpio -o -H newc --quiet | gzip -1 > ../initramfs", cwd=image)
    shutil.rmtree(image)


def cache_folder(version):
    """Named after all that it is made from."""
    with open(__file__, "rb") as file:
        mark = hashlib.sha256(file.read() + version.encode()).hexdigest()[:12]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "tieline", "dahdi-guest-" + mark)


def prepare():
    """Makes what is not there yet: kernel, initramfs, dahdi_cfg and headers. The folder of all."""
    version = kernel()
    install(version)
    final = cache_folder(version)
    if os.path.exists(os.path.join(final, "ready")):
        return final
    os.makedirs(os.path.dirname(final), exist_ok=True)
    folder = tempfile.mkdtemp(prefix="dahdi-guest-", dir=os.path.dirname(final))
    root = unpack(version, folder)
    source = glob.glob(os.path.join(root, "usr/src/dahdi-2*"))[0]
    run("make", "-s", "-j2", "modules", "KVERS=" + version, *BUILD, cwd=source)
    make_initramfs(folder, root, source)
    shutil.copy(os.path.join(root, "boot", "vmlinuz-" + version), os.path.join(folder, "vmlinuz"))
    shutil.copy(os.path.join(root, "usr/sbin/dahdi_cfg"), folder)
    for library in glob.glob(os.path.join(root, "usr/lib/*/libtonezone.so.2*")):
        shutil.copy(library, folder)
    shutil.copytree(os.path.join(source, "include", "dahdi"), os.path.join(folder, "include", "dahdi"))
    shutil.rmtree(root)
    open(os.path.join(folder, "ready"), "w", encoding="ascii").close()
    shutil.rmtree(final, ignore_errors=True)
    os.rename(folder, final)
    return final


class Guest:
    """A guest that is up runs one command and goes. Use as a context."""

    def __init__(self, processors=2):
        self.cache = prepare()
        self.processors = processors
        self.folder = tempfile.mkdtemp(prefix="tieline-guest-")
        self.qemu, self.sharers = None, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [self.qemu, *self.sharers]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _share(self, name, source):
        socket = os.path.join(self.folder, name + ".sock")
        log = open(os.path.join(self.folder, name + ".log"), "wb")
        command = ["/usr/lib/qemu/virtiofsd", "--socket-path=" + socket, "-o", "source=" + source, "-o", "cache=always", "-o", "sandbox=chroot"]
        self.sharers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        until = time.monotonic() + 10
        while not os.path.exists(socket):
            if time.monotonic() > until or self.sharers[-1].poll() is not None:
                with open(log.name, encoding="utf-8", errors="replace") as file:
                    raise Unavailable("virtiofsd does not start: " + file.read()[-400:])
            time.sleep(0.02)
        return socket

    def run(self, command, work, on_line=print, timeout=600):
        """Runs the shell COMMAND in the guest; WORK, a folder here, is /mnt there, to be written. Its exit status, or
        None when the guest did not come to an end."""
        with open(os.path.join(work, "start"), "w", encoding="utf-8") as file:
            file.write(
                "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root GUEST=%s LD_LIBRARY_PATH=\n"
                "cd %s\n(%s) </dev/null >/dev/ttyS1 2>&1; echo $? > /mnt/status; sync\n/bin/busybox poweroff -f\n"
                % (shlex.quote(self.cache), shlex.quote(os.getcwd()), command)
            )
        status = os.path.join(work, "status")
        if os.path.exists(status):
            os.unlink(status)
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", PROCESSOR, "-smp", str(self.processors), "-m", MEMORY,
                   "-object", "memory-backend-memfd,id=mem,size=%s,share=on" % MEMORY, "-numa", "node,memdev=mem",
                   "-kernel", os.path.join(self.cache, "vmlinuz"), "-initrd", os.path.join(self.cache, "initramfs"),
                   "-append", "console=ttyS0 quiet panic=-1 rdinit=/init mitigations=off tsc=reliable random.trust_cpu=on",
                   "-nodefaults", "-no-reboot", "-display", "none", "-serial", "file:" + os.path.join(self.folder, "console"),
                   "-chardev", "stdio,id=out,signal=off", "-serial", "chardev:out"]
        for name, source in (("host", "/"), ("work", work)):
            command += ["-chardev", "socket,id=%s,path=%s" % (name, self._share(name, source)),
                        "-device", "vhost-user-fs-pci,chardev=%s,tag=%s" % (name, name)]
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        killer = threading.Timer(timeout, self.qemu.kill)
        killer.start()
        for line in self.qemu.stdout:
            on_line(line.decode(errors="replace").rstrip("\r\n"))
        self.qemu.wait()
        killer.cancel()
        try:
            with open(status, encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    def console(self):
        """What the kernel said."""
        try:
            with open(os.path.join(self.folder, "console"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""


def main():
    work = tempfile.mkdtemp(prefix="tieline-guest-work-")
    try:
        with Guest() as guest:
            status = guest.run(" ".join(shlex.quote(word) for word in sys.argv[1:]), work, lambda line: print(line, flush=True))
            if status is None:
                print(guest.console(), file=sys.stderr)
            return 1 if status is None else status
    except Unavailable as error:
        print("guest: %s" % error, file=sys.stderr)
        return 77
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
