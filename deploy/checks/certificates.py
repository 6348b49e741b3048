"""No certificate of the ward ends soon, and no key of a device is older than it may be."""
import datetime
import pathlib
import subprocess


def add_arguments(parser):
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/run/certificates"), help="certificates, *.crt at any depth (%(default)s)")
    parser.add_argument("--days", type=int, default=30, help="how long each must still hold (%(default)s)")
    parser.add_argument("--key-days", type=int, default=730, help="how old a key that is in use may be (%(default)s)")


def ends_within(path, days):
    """Whether a certificate ends within that time; a file that is none counts as ended."""
    return subprocess.run(["openssl", "x509", "-in", path, "-noout", "-checkend", str(days * 86400)], capture_output=True, check=False).returncode != 0


def run(options, ward):
    files = sorted(options.folder.glob("**/*.crt"))
    faults = [] if files else [f"there is no certificate in {options.folder}"]
    faults += [f"{path.relative_to(options.folder)} ends within {options.days} days" for path in files if ends_within(path, options.days)]
    oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=options.key_days)
    keys = [key for key in ward.ask("ward", "GET", "/v1/admin/keys")["keys"] if not key.get("revoked")]
    faults += [f"key {key['id']} of {key.get('patient') or key.get('device')} is older than {options.key_days} days" for key in keys
               if datetime.datetime.fromisoformat(key["created"]) < oldest]
    return faults, {"certificates": len(files), "keys": len(keys)}
