"""Turns the built page into a C++ source whose bytes lie in an assembler include: embed_pages.py DIST FOLDER."""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = {".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"}
ZLIB_BEST = 9


def embedded(name: str, path: pathlib.Path) -> list[str]:
    """The lines that put a file's bytes into the program under a name."""
    return [
        f'asm(".pushsection .rodata\\n.global {name}\\n{name}:\\n.incbin \\"{path.resolve()}\\"\\n'
        f'.global {name}_end\\n{name}_end:\\n.byte 0\\n.popsection\\n");',
        f'extern "C" const char {name}[];\nextern "C" const char {name}_end[];',
    ]


def bytes_of(name: str) -> str:
    return f"{{{name}, static_cast<std::size_t>({name}_end - {name})}}"


def packed(path: pathlib.Path, number: int, folder: pathlib.Path) -> pathlib.Path | None:
    """The file compressed as it is served, where that makes it smaller."""
    if path.suffix not in PACKED:
        return None
    plain = path.read_bytes()
    small = gzip.compress(plain, ZLIB_BEST, mtime=0)  # without the time, so that a build can be repeated
    if len(small) >= len(plain):
        return None
    made = folder / f"page_{number}.gz"
    made.write_bytes(small)
    return made


def main(dist: pathlib.Path, folder: pathlib.Path) -> None:
    files = sorted(path for path in dist.rglob("*") if path.is_file() and path.suffix in TYPES)
    if not any(path.name == "index.html" for path in files):
        sys.exit(f"{dist} has no index.html: the page was not built")
    out = ["// Made by tools/embed_pages.py.", "#include <array>", '#include "ward/pages.hpp"', ""]
    rows = []
    for number, path in enumerate(files):
        name = f"vigil_page_{number}"
        out += embedded(name, path)
        small = packed(path, number, folder)
        if small:
            out += embedded(f"{name}_gzip", small)
        rows.append(
            f'        PageFile{{"/{path.relative_to(dist).as_posix()}", "{TYPES[path.suffix]}", {bytes_of(name)}, '
            f'{bytes_of(f"{name}_gzip") if small else "{}"}, "{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"}},'
        )
    out += [
        "namespace vigil::ward {",
        "std::span<const PageFile> page_files() {",
        f"    static const std::array<PageFile, {len(rows)}> files{{{{",
        *rows,
        "    }};",
        "    return files;",
        "}",
        "}  // namespace vigil::ward",
        "",
    ]
    # The digest of the bytes makes the compiler's cache see a change that the names alone do not show.

    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    (folder / "page_files.cpp").write_text("\n".join([f"// {digest}", *out]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
