"""Says what an image is made of: SPDX 2.3 in JSON, from dpkg's own entries, docs/licences.md and go.mod."""
import json
import re

DEBIAN_NAMES = {  # short names of Debian's copyright files, as SPDX calls them; source: spdx.org/licenses
    "agpl-3": "AGPL-3.0-only", "apache-2.0": "Apache-2.0", "artistic": "Artistic-1.0-Perl", "artistic-2.0": "Artistic-2.0", "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause", "bsl-1.0": "BSL-1.0", "cc0-1.0": "CC0-1.0", "expat": "MIT", "mit": "MIT", "fsfap": "FSFAP",
    "gfdl-1.3": "GFDL-1.3-only", "gfdl-1.3+": "GFDL-1.3-or-later", "gpl-1": "GPL-1.0-only", "gpl-1+": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later", "gpl-3.0+": "GPL-3.0-or-later",
    "gpl-2.0": "GPL-2.0-only", "gpl-2.0+": "GPL-2.0-or-later", "isc": "ISC", "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.0+": "LGPL-2.0-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only",
    "lgpl-3+": "LGPL-3.0-or-later", "mpl-1.1": "MPL-1.1", "mpl-2.0": "MPL-2.0", "psf-2": "PSF-2.0", "unicode-dfs-2016": "Unicode-DFS-2016",
    "zlib": "Zlib", "0bsd": "0BSD", "curl": "curl", "x11": "X11",
}
MODULE_LICENCES = {  # of the modules of nats-server, by the LICENSE file of each
    "github.com/antithesishq/antithesis-sdk-go": "MIT", "github.com/google/go-tpm": "Apache-2.0",
    "github.com/klauspost/compress": "Apache-2.0 AND BSD-3-Clause AND MIT", "github.com/minio/highwayhash": "Apache-2.0",
    "github.com/nats-io/jwt/v2": "Apache-2.0", "github.com/nats-io/nats-server/v2": "Apache-2.0", "github.com/nats-io/nkeys": "Apache-2.0",
    "github.com/nats-io/nuid": "Apache-2.0", "golang.org/x/crypto": "BSD-3-Clause", "golang.org/x/sys": "BSD-3-Clause", "golang.org/x/time": "BSD-3-Clause",
}


class Licences:
    """Turns the names of a copyright file into an SPDX expression; a name that SPDX lacks becomes a LicenseRef with its text's place."""

    def __init__(self):
        self.others = {}

    def one(self, name):
        name = re.sub(r"\s+licen[cs]e$", "", name.strip().strip("()"), flags=re.IGNORECASE)
        if known := DEBIAN_NAMES.get(name.lower()):
            return known
        reference = "LicenseRef-Debian-" + (re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-") or "unnamed")
        self.others[reference] = name
        return reference

    def expression(self, line):
        """GPL-2+ or Artistic, and Expat -> (GPL-2.0-or-later OR Artistic-1.0-Perl) AND MIT"""
        parts = re.split(r",?\s+and(?:/or)?\s+|,\s*", line.strip())
        terms = []
        for part in parts:
            choices = [self.one(choice) for choice in re.split(r"\s+or\s+", part) if choice.strip()]
            if choices:
                terms.append(choices[0] if len(choices) == 1 else "(" + " OR ".join(choices) + ")")
        return terms

    def of_copyright(self, text):
        if "copyright-format" not in text.partition("\n\n")[0].lower():
            return "NOASSERTION"  # prose: the file itself is in the image
        terms = {term for line in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE) for term in self.expression(line)}
        return " AND ".join(sorted(terms)) or "NOASSERTION"


def reference_of(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")


def package(name, version, licence, kind, purl, **more):
    return {"SPDXID": reference_of(f"{kind}-{name}"), "name": name, "versionInfo": version, "licenseDeclared": licence, "licenseConcluded": "NOASSERTION",
            "copyrightText": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}], **more}


def quoted(version):
    """As a version stands in a purl."""
    return version.replace("+", "%2B").replace(":", "%3A")


def debian_package(system, licences, name):
    version = system.version(name)
    return package(name, version, licences.of_copyright(system.copyright(name)), "Debian",
                   f"pkg:deb/debian/{name}@{quoted(version)}?arch={system.status[name][0]['Architecture']}&distro=trixie",
                   supplier="Organization: Debian")


def compiled_in(licences_page):
    """The packages of docs/licences.md whose code is in our program itself."""
    section = licences_page.split("## In the program itself")[1].split("\n## ")[0]
    rows = [row.split("|")[2] for row in section.splitlines() if row.startswith("| ") and "package" not in row]
    return [name for cell in rows for name in re.findall(r"lib[a-z0-9.+-]+", cell)]


def go_modules(go_mod):
    return [package(name, version, MODULE_LICENCES.get(name, "NOASSERTION"), "Go", f"pkg:golang/{name}@{version}")
            for name, version in re.findall(r"^\t(\S+) (v\S+)", go_mod, re.MULTILINE)]


def page_protobuf(top):
    """What of npm's packages is in the page, and so in every program that has it."""
    lock = json.loads((top / "web/package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"]["node_modules/@bufbuild/protobuf"]["version"]
    return package("@bufbuild/protobuf", version, "Apache-2.0 AND BSD-3-Clause", "npm", f"pkg:npm/%40bufbuild/protobuf@{version}")


def document(image, version, created, contained, compiled, licences, about):
    """contained: packages whose files are in the image, or that a package `has` in another way; compiled: those whose code is in its program.
    `about` is the image's own package."""
    purl = about.get("purl", f"pkg:oci/{image}@{quoted(version)}")
    own = package(image, version, about["licence"], "Image", purl, primaryPackagePurpose=about.get("purpose", "CONTAINER"), **about["more"])
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    relations += [(own["SPDXID"], about.get("has", "CONTAINS"), part["SPDXID"]) for part in contained]
    relations += [(own["SPDXID"], "STATIC_LINK", part["SPDXID"]) for part in compiled]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"{image}-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{image}-{version}-{about['commit']}",
        "creationInfo": {"created": created, "creators": ["Tool: vigil-make_images"]},
        "packages": [own, *contained, *compiled],
        "hasExtractedLicensingInfos": [{"licenseId": reference, "name": name, "extractedText": f"See '{name}' in /usr/share/doc/*/copyright of the image."}
                                       for reference, name in sorted(licences.others.items())],
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} for one, kind, other in relations],
    }
