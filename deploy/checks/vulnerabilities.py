"""What the SBOMs of the images name has no known weakness of high severity: asks OSV (https://google.github.io/osv.dev/api/).

One batch of questions by package URL, then the severity of what was found. A weakness that was weighed and does not concern Vigil stands in accepted.json,
with why and until when.
"""
import contextlib
import datetime
import http.client
import json
import pathlib
import urllib.parse
from ward import Broken

HERE = pathlib.Path(__file__).resolve().parent
SERIOUS = {"HIGH", "CRITICAL"}
BATCH = 500


def add_arguments(parser):
    parser.add_argument("--sboms", type=pathlib.Path, default=pathlib.Path("build/images"), help="folder of *.spdx.json (%(default)s)")
    parser.add_argument("--osv", default="https://api.osv.dev", metavar="URL", help="%(default)s")
    parser.add_argument("--accepted", type=pathlib.Path, default=HERE / "accepted.json", help="%(default)s")


def ask(address, method, path, body=None):
    target = urllib.parse.urlparse(address)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    with contextlib.closing(kind(target.hostname, target.port, timeout=60)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Broken(f"{address}{path} was answered {answer.status}")
        return json.loads(answer.read())


def packages(folder):
    """Package URL to the images whose SBOM names it."""
    found = {}
    for path in sorted(folder.glob("*.spdx.json")):
        for package in json.loads(path.read_text(encoding="utf-8"))["packages"]:
            for one in package.get("externalRefs", []):
                if one["referenceType"] == "purl":
                    found.setdefault(one["referenceLocator"], set()).add(path.name.removesuffix(".spdx.json"))
    return found


def serious(advisory):
    """By the word of its database; one without a word counts."""
    word = str(advisory.get("database_specific", {}).get("severity") or advisory.get("ecosystem_specific", {}).get("urgency") or "").upper()
    return not word or word in SERIOUS


def run(options, _ward):
    named = packages(options.sboms)
    if not named:
        return [f"there is no SBOM with packages in {options.sboms}"], {}
    today = datetime.date.today().isoformat()
    accepted = {one["id"] for one in json.loads(options.accepted.read_text(encoding="utf-8")) if one["until"] >= today}
    faults, urls = [], sorted(named)
    for start in range(0, len(urls), BATCH):
        asked = urls[start:start + BATCH]
        answers = ask(options.osv, "POST", "/v1/querybatch", {"queries": [{"package": {"purl": url}} for url in asked]})["results"]
        for url, answer in zip(asked, answers, strict=True):
            for one in answer.get("vulns", []):
                if one["id"] not in accepted and serious(ask(options.osv, "GET", f"/v1/vulns/{one['id']}")):
                    faults.append(f"{one['id']}: {url} in {', '.join(sorted(named[url]))}")
    return faults, {"packages": len(urls), "accepted": len(accepted)}
