#!/usr/bin/env python3
"""Compares the paths in services/*/routes.cpp with those in api/openapi/*.yaml, both ways, and looks in each description for what Vigil is not.

  check_routes.py [SOURCE_FOLDER]     prints each difference; exits 1 where there is one

The descriptions are YAML of a plain shape (two blanks an indent), so that no YAML reader is needed.
"""
import pathlib
import re
import sys

DISCLAIMER = "not a medical device: not CE marked, not FDA cleared, never the sole source of an alarm"

PATH_LITERAL = re.compile(r'"(/[A-Za-z0-9_{}/.-]*)"')
PATH_KEY = re.compile(r"^  (/[^\s:]*):\s*$")
VERB_KEY = re.compile(r"^    (get|post|put|delete):")
# router.add(post, "/x" and router.add_websocket("/x": the verb stands beside the path
VERB_AND_PATH = re.compile(r'\badd\(\s*(?:http::)?(?:Verb::)?(get|post|put|del)\s*,\s*"(/[^"]*)"')
WEBSOCKET_PATH = re.compile(r'add_websocket\(\s*"(/[^"]*)"')


def routes_of(source: str):
    code = re.sub(r"//[^\n]*", "", source)
    paths = set(PATH_LITERAL.findall(code))
    verbs = {(path, {"del": "delete"}.get(verb, verb)) for verb, path in VERB_AND_PATH.findall(code)}
    verbs |= {(path, "get") for path in WEBSOCKET_PATH.findall(code)}
    return paths, verbs


def described(text: str):
    """{path: {verb: text of the operation}}"""
    result, path, verb, inside = {}, None, None, False
    for line in text.splitlines():
        if re.match(r"^\S", line):
            inside = line.startswith("paths:")
            path = verb = None
        if not inside:
            continue
        if match := PATH_KEY.match(line):
            path, verb = match[1], None
            result[path] = {}
        elif path and (match := VERB_KEY.match(line)):
            verb = match[1]
            result[path][verb] = ""
        if path and verb:
            result[path][verb] += line + "\n"
    return result


def differences(folder: pathlib.Path):
    operation_ids = {}
    services = {f.parent.name: f.read_text() for f in sorted(folder.glob("services/*/routes.cpp"))}
    files = {f.stem: f.read_text() for f in sorted(folder.glob("api/openapi/*.yaml"))}
    for name in sorted(services.keys() - files.keys()):
        yield f"{name}: has routes and no api/openapi/{name}.yaml"
    for name in sorted(files.keys() - services.keys()):
        yield f"{name}: is described and has no services/{name}/routes.cpp"
    for name, text in files.items():
        if DISCLAIMER not in " ".join(text.partition("\npaths:")[0].split()):
            yield f"{name}: its description does not say: {DISCLAIMER}"
    for name in sorted(services.keys() & files.keys()):
        paths, verbs = routes_of(services[name])
        operations = described(files[name])
        for path in sorted(paths - operations.keys()):
            yield f"{name}: {path} is a route and is not described"
        for path in sorted(operations.keys() - paths):
            yield f"{name}: {path} is described and is no route"
        for path, verb in sorted(verbs):
            if path in operations and verb not in operations[path]:
                yield f"{name}: {verb.upper()} {path} is a route and is not described"
        for path, by_verb in operations.items():
            for verb, text in by_verb.items():
                where = f"{name}: {verb.upper()} {path}"
                match = re.search(r"operationId: (\S+)", text)
                if not match:
                    yield f"{where} has no operationId"
                elif match[1] in operation_ids:
                    yield f"{where} has the operationId of {operation_ids[match[1]]}"
                else:
                    operation_ids[match[1]] = where
                if "/Problem'" not in text and "application/problem+json" not in text:
                    yield f"{where} has no problem answer"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    found = list(differences(folder))
    for line in found:
        print(line)
    if not list(folder.glob("services/*/routes.cpp")):
        sys.exit("no services/*/routes.cpp under " + str(folder))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
