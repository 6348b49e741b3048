#!/usr/bin/env python3
"""Writes a container image as a docker-archive (`docker load`, `ctr images import`) without any container program.

    write_image.py OUT.tar --tag NAME:TAG... [--layer FOLDER]... [--file SOURCE=/PLACE]... [--entrypoint ARG]... [--cmd ARG]...

Each --layer is a layer of its own, and the --file's are one more. The same input gives the same bytes: times are
SOURCE_DATE_EPOCH (0 without it), owners are root but for --owner, names are sorted. Prints a line of JSON: id, bytes, layers' bytes compressed.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import stat
import sys
import tarfile
import time

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Layer:
    """A tar of a layer, sorted and with nothing of the machine that wrote it."""

    def __init__(self, path, epoch, owners):
        self.path, self.epoch, self.owners = path, epoch, owners
        self.folders = {""}
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)

    def add(self, source, place):
        entry = self.tar.gettarinfo(source, place)
        entry.uid = entry.gid = self.owners.get("/" + place, 0)
        entry.uname = entry.gname = ""
        entry.mtime = self.epoch
        if entry.islnk():  # each file whole: whether two names share one depends on how the folder was copied
            entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", os.path.getsize(source)
        if entry.isreg():
            with open(source, "rb") as file:
                self.tar.addfile(entry, file)
        else:
            self.tar.addfile(entry)
            if entry.isdir():
                self.folders.add(place)

    def add_folder(self, place, mode=0o755):
        if place in self.folders:
            return
        self.add_folder(os.path.dirname(place))
        self.folders.add(place)
        entry = tarfile.TarInfo(place)
        entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, mode, self.epoch
        self.tar.addfile(entry)

    def add_tree(self, root):
        for folder, names, files in os.walk(root):
            names.sort()
            place = os.path.relpath(folder, root)
            if place != ".":
                self.add(folder, place)
            links = [name for name in names if os.path.islink(os.path.join(folder, name))]
            for name in sorted(files + links):
                path = os.path.join(folder, name)
                if not stat.S_ISSOCK(os.lstat(path).st_mode):
                    self.add(path, os.path.normpath(os.path.join(place, name)))

    def close(self):
        self.tar.close()


def digest_and_compressed(path):
    digest, squeezed = hashlib.sha256(), Count()
    with open(path, "rb") as file, gzip.GzipFile(fileobj=squeezed, mode="wb", compresslevel=6, mtime=0) as zipped:
        while block := file.read(1 << 20):
            digest.update(block)
            zipped.write(block)
    return digest.hexdigest(), squeezed.bytes


class Count(io.RawIOBase):
    """Where only the number of bytes matters."""

    bytes = 0

    def writable(self):
        return True

    def write(self, data):
        self.bytes += len(data)
        return len(data)


def write_layers(options, epoch):
    """[(path, digest, compressed bytes)] of each layer, the lowest first."""
    owners = {path: int(uid) for path, uid in (pair.split("=", 1) for pair in options.owner)}
    layers = []
    for number, root in enumerate(options.layer):
        layer = Layer(f"{options.out}.{number}.part", epoch, owners)
        layer.add_tree(root)
        layers.append(layer)
    if options.file or not options.layer:
        layer = Layer(f"{options.out}.files.part", epoch, owners)
        layer.add_folder("tmp", 0o1777)
        for source, place in (pair.split("=", 1) for pair in sorted(options.file)):
            layer.add_folder(os.path.dirname(place.lstrip("/")))
            layer.add(os.path.realpath(source), place.lstrip("/"))
        layers.append(layer)
    for layer in layers:
        layer.close()
    return [(layer.path, *digest_and_compressed(layer.path)) for layer in layers]


def configuration(options, layers, epoch):
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    run = {"Env": [PATH] + options.env, "WorkingDir": "/", "User": options.user}
    if options.entrypoint:
        run["Entrypoint"] = options.entrypoint
    if options.cmd:
        run["Cmd"] = options.cmd
    if options.label:
        run["Labels"] = dict(sorted(pair.split("=", 1) for pair in options.label))
    if options.port:
        run["ExposedPorts"] = {f"{port}/tcp": {} for port in sorted(options.port)}
    if options.stop_signal:
        run["StopSignal"] = options.stop_signal
    return {"architecture": "amd64", "os": "linux", "created": created, "config": run,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest for _, digest, _ in layers]},
            "history": [{"created": created, "created_by": "write_image.py"} for _ in layers]}


def write_archive(out, tags, config, layers, epoch):
    text = json.dumps(config, sort_keys=True).encode()
    image = hashlib.sha256(text).hexdigest()
    with tarfile.open(out + ".part", "w", format=tarfile.GNU_FORMAT) as archive:
        def put(name, data):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), epoch
            archive.addfile(entry, io.BytesIO(data))

        put(image + ".json", text)
        for path, digest, _ in layers:
            entry = tarfile.TarInfo(digest + "/layer.tar")
            entry.size, entry.mtime = os.path.getsize(path), epoch
            with open(path, "rb") as file:
                archive.addfile(entry, file)
            os.unlink(path)
        names = [digest + "/layer.tar" for _, digest, _ in layers]
        put("manifest.json", json.dumps([{"Config": image + ".json", "RepoTags": tags, "Layers": names}]).encode())
    os.rename(out + ".part", out)
    return image


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--tag", action="append", required=True)
    for name, text in (("layer", "a folder"), ("file", "SOURCE=/PLACE"), ("owner", "/PLACE=UID"), ("entrypoint", "an argument"), ("cmd", "an argument"),
                       ("env", "NAME=VALUE"), ("label", "NAME=VALUE"), ("port", "a TCP port that it listens on")):
        parser.add_argument("--" + name, action="append", default=[], help=text + "; may be given again")
    parser.add_argument("--user", default="")
    parser.add_argument("--stop-signal", default="")
    options = parser.parse_args()
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    os.makedirs(os.path.dirname(os.path.abspath(options.out)), exist_ok=True)
    layers = write_layers(options, epoch)
    image = write_archive(options.out, options.tag, configuration(options, layers, epoch), layers, epoch)
    json.dump({"tags": options.tag, "id": image, "bytes": os.path.getsize(options.out), "compressed": [size for _, _, size in layers]}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
