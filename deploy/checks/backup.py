"""The newest backup that was restored and compared is young enough, and is still the file that was compared."""
import hashlib
import pathlib
import time


def add_arguments(parser):
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/backups"), help="where deploy/components/mariadb/backup writes (%(default)s)")
    parser.add_argument("--hours", type=float, default=26, help="how old it may be (%(default)s)")


def run(options, _ward):
    marks = sorted(options.folder.glob("vigil-*.verified"))
    if not marks:
        return [f"there is no verified backup in {options.folder}"], {}
    newest = marks[-1]
    hours = (time.time() - newest.stat().st_mtime) / 3600
    told = {"backup": newest.stem, "hours": round(hours, 1), "backups": len(marks)}
    faults = [f"{newest.stem} is {hours:.0f} hours old"] if hours > options.hours else []
    wanted, name = newest.read_text(encoding="utf-8").splitlines()[0].split(maxsplit=1)
    with open(options.folder / name.lstrip("*"), "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
            faults.append(f"{name} is not the file that was verified")
    return faults, told
