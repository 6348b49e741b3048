"""Turns the built page into a C++ source whose bytes lie in an assembler include: embed_pages.py DIST FOLDER."""

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


def main(dist: pathlib.Path, folder: pathlib.Path) -> None:
    files = sorted(path for path in dist.rglob("*") if path.is_file() and path.suffix in TYPES)
    if not any(path.name == "index.html" for path in files):
        sys.exit(f"{dist} has no index.html: the page was not built")
    out = ["// Made by tools/embed_pages.py.", "#include <array>", '#include "ward/pages.hpp"', ""]
    rows = []
    for number, path in enumerate(files):
        name = f"vigil_page_{number}"
        out.append(
            f'asm(".pushsection .rodata\\n.global {name}\\n{name}:\\n.incbin \\"{path.resolve()}\\"\\n'
            f'.global {name}_end\\n{name}_end:\\n.byte 0\\n.popsection\\n");'
        )
        out.append(f'extern "C" const char {name}[];\nextern "C" const char {name}_end[];')
        rows.append(
            f'        PageFile{{"/{path.relative_to(dist).as_posix()}", "{TYPES[path.suffix]}", '
            f"{{{name}, static_cast<std::size_t>({name}_end - {name})}}}},"
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
