"""The root of an image: the files of Debian packages that a program needs and no more, with what scanners and licences ask for.

Files come from a folder that is a Debian system ("/" in a Docker build, the root of tools/in_root otherwise), which has the
packages installed. Links are kept; /bin, /lib, /lib64 and /sbin are Debian's own links into /usr.
"""
import os
import pathlib
import re
import shutil
import subprocess

MERGED = ("bin", "lib", "lib64", "sbin")


def libraries_of(program, without=()):
    """{name: path} of the libraries that the loader gives the program; those named, and what only they need, are left out."""
    lines = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout.splitlines()
    missing = [line.split()[0] for line in lines if "not found" in line]
    if missing:
        raise SystemExit(f"make_images: {program} needs {', '.join(missing)}, which is not installed")
    paths = {match[1]: match[2] for line in lines if (match := re.match(r"\s*(\S+) => (/\S+)", line))}
    # None where a module of a language's library needs no other: "statically linked", as ldd says.
    loaders = [match[1] for line in lines if (match := re.match(r"\s*(/\S*ld-linux\S+)", line))]
    found, ahead = {os.path.basename(loader): loader for loader in loaders}, [program]
    while ahead:
        for name in needed_by(ahead.pop()):
            if name in paths and name not in found and not name.startswith(tuple(without)):
                found[name] = paths[name]
                ahead.append(paths[name])
    return found


def needed_by(path):
    text = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(\S+)\]", text)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


class DebianSystem:
    """What is installed in a folder: who owns a file, and what dpkg knows of a package."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.owners = {}
        for listing in (self.folder / "var/lib/dpkg/info").glob("*.list"):
            package = listing.name.removesuffix(".list").split(":")[0]
            for line in listing.read_text(encoding="utf-8").splitlines():
                self.owners.setdefault(self.canonical(line), package)
        self.status = {}
        for paragraph in (self.folder / "var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
            fields = dict(re.findall(r"^(\S+): (.*)$", paragraph, re.MULTILINE))
            if fields.get("Status") == "install ok installed":
                self.status[fields["Package"]] = (fields, paragraph)

    def canonical(self, path):
        """The path with Debian's links of the top folder followed: /lib/x -> /usr/lib/x."""
        parts = path.strip("/").split("/")
        return "/usr/" + "/".join(parts) if parts[0] in MERGED and len(parts) > 1 else "/" + "/".join(parts)

    def source(self, path):
        return self.folder / path.lstrip("/")

    def owner(self, path):
        return self.owners.get(self.canonical(path))

    def version(self, package):
        return self.status[package][0]["Version"]

    def copyright(self, package):
        """The text of a package's copyright file; a package's folder may be a link to another's."""
        place = self.source(f"/usr/share/doc/{package}")
        if place.is_symlink():
            place = place.parent / os.readlink(place)
        file = place / "copyright"
        if file.is_symlink():
            file = pathlib.Path(os.path.normpath(file.parent / os.readlink(file)))
        return file.read_text(encoding="utf-8", errors="replace")


class ImageRoot:
    """One folder that becomes a layer. `below` are the roots under it: what they have is not put again."""

    def __init__(self, system, folder, below=()):
        self.system, self.folder, self.below = system, pathlib.Path(folder), tuple(below)
        self.packages = set()
        self.here = set()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def has(self, path):
        return path in self.here or any(root.has(path) for root in self.below)

    def place(self, path):
        target = self.folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def write(self, path, text, mode=0o644):
        self.place(path).write_text(text, encoding="utf-8")
        self.place(path).chmod(mode)
        self.here.add(path)

    def make_folder(self, path, mode=0o755):
        self.place(path).mkdir(exist_ok=True)
        self.place(path).chmod(mode)

    def add(self, path):
        """A file of a package, and what it is a link to."""
        path = self.system.canonical(path)
        if self.has(path):
            return
        source, target = self.system.source(path), self.place(path)
        self.here.add(path)
        if source.is_symlink():
            goal = os.readlink(source)
            whole = self.system.canonical(os.path.normpath(os.path.join(os.path.dirname(path), goal)))
            os.symlink(os.path.relpath(whole, os.path.dirname(path)), target)
            self.add(whole)
        else:
            shutil.copy2(source, target)
        if owner := self.system.owner(path):
            self.packages.add(owner)

    def add_tree(self, path, without=()):
        for folder, names, files in os.walk(self.system.source(path)):
            names[:] = sorted(name for name in names if name not in without)
            for name in sorted(files):
                self.add("/" + os.path.relpath(os.path.join(folder, name), self.system.folder))

    def add_libraries(self, program, without=()):
        for library in libraries_of(program, without).values():
            self.add(library)

    def add_program(self, path):
        """A program of a package, with its libraries."""
        self.add(path)
        real = str(self.system.source(path).resolve())
        if is_elf(real):
            self.add_libraries(real)

    def add_ours(self, program, path):
        """A program that no package has, with its libraries, without its debugging symbols."""
        subprocess.run(["strip", "-o", self.place(path), program], check=True)
        self.place(path).chmod(0o755)
        self.here.add(path)
        self.add_libraries(program)

    def every_package(self):
        return set(self.packages).union(*(root.every_package() for root in self.below))

    def describe_packages(self):
        """For each package whose files are here: its copyright and its entry of dpkg, where scanners of images look for it."""
        for package in sorted(self.packages - set().union(*(root.every_package() for root in self.below))):
            self.write(f"/usr/share/doc/{package}/copyright", self.system.copyright(package))
            self.write(f"/var/lib/dpkg/status.d/{package}", self.system.status[package][1].strip() + "\n")


def add_base(root):
    """What every image has: Debian's layout, certificates, time zones, a user without rights."""
    for name in MERGED:
        root.make_folder("/usr")
        root.make_folder(f"/usr/{name}")
        os.symlink(f"usr/{name}", root.place("/" + name))
    root.make_folder("/tmp", 0o1777)
    root.make_folder("/run")
    root.write("/etc/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\nvigil:x:10001:10001:Vigil:/nonexistent:/usr/sbin/nologin\n")
    root.write("/etc/group", "root:x:0:\nvigil:x:10001:\n")
    root.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    for path in ("/usr/lib/os-release", "/etc/os-release", "/etc/debian_version"):
        root.add(path)
    certificates = root.system.source("/usr/share/ca-certificates/mozilla")
    bundle = "".join(file.read_text(encoding="utf-8") for file in sorted(certificates.glob("*.crt")))
    root.write("/etc/ssl/certs/ca-certificates.crt", bundle)
    root.packages.add("ca-certificates")
    root.add_tree("/usr/share/zoneinfo", without=("right", "posix"))
