#!/usr/bin/env python3
"""Compares the metrics, log events and log fields that the code emits with api/telemetry.yaml, both ways.

  check_telemetry.py [SOURCE_FOLDER]     prints each difference; exits 1 where there is one

Every event and every field is a literal where it is written; a helper that passes an event on is named in FORWARDERS.
"""
import pathlib
import re
import sys

METRIC = re.compile(r'"(vigil_(?:check|detector|eeg|heart|http|records|ward)_[a-z_]+)"')
LOG_CALL = re.compile(r"\b\w*log_?(?:\(\))?\s*(?:\.|->)\s*(debug|info|warning|error|write)\(")
# Functions that log the event which they are given with the error that they are given.
FORWARDERS = ("give_up",)
FORWARDED = re.compile(rf"\b({'|'.join(FORWARDERS)})\(")
ERROR = "error"


def is_test(path):
    return "_test" in path.stem or path.stem.startswith("test_") or "bench" in path.stem


def without_comments(code):
    return re.sub(r'("(?:\\.|[^"\\\n])*")|//[^\n]*', lambda match: match[1] or "", code)


def arguments(code, opening):
    """The arguments of the call whose bracket opens at `opening`, split at commas that stand in no bracket and no text."""
    parts, depth, text, begin = [], 0, False, opening + 1
    for i in range(opening, len(code)):
        c = code[i]
        if text:
            text = c != '"' or code[i - 1] == "\\"
        elif c == '"':
            text = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return parts + [code[begin:i].strip()]
        elif c == "," and depth == 1:
            parts.append(code[begin:i].strip())
            begin = i + 1
    return parts


def emitted(sources):
    """({event: (levels, fields)}, faults) of {path: code}"""
    events, faults = {}, []

    def note(where, level, event, fields):
        levels, known = events.setdefault(event, (set(), set()))
        levels.add(level)
        known.update(fields)
        if len(levels) > 1:
            faults.append(f"{where}: {event} is logged at more than one level")

    for path, code in sources.items():
        calls = [(match, match[1]) for match in LOG_CALL.finditer(code)] + [(match, None) for match in FORWARDED.finditer(code)]
        for match, level in calls:
            given = arguments(code, match.end() - 1)
            if level == "write":
                level = "varies"
                given = given[1:]
            literal = re.fullmatch(r'"(\w+)"', given[0]) if given else None
            where = f"{path}:{code.count(chr(10), 0, match.start()) + 1}"
            if level is None:
                if literal:  # its own declaration and definition have none
                    note(where, "error", literal[1], {ERROR})
            elif literal is None:
                if given[:1] != ["event"] or not FORWARDED.search(code):
                    faults.append(f"{where}: the event is not a literal")
            elif len(given) == 1:
                note(where, level, literal[1], set())
            elif given[1].startswith("{"):
                note(where, level, literal[1], set(re.findall(r'[{]\s*"(\w+)"\s*,', given[1])))
                if len(re.findall(r'[{]\s*"\w+"\s*,', given[1])) != len(arguments(given[1], 0)):
                    faults.append(f"{where}: a field's name is not a literal")
            else:
                note(where, level, literal[1], {ERROR})
    return events, faults


def described(text):
    """{section: {name: what stands on its line}} and {event: {level, fields, meaning}}"""
    sections, events, section, event = {}, {}, None, None
    for line in text.splitlines():
        if match := re.match(r"^(\w+):\s*$", line):
            section = match[1]
            sections[section] = {}
        elif match := re.match(r"^  (\w+):(.*)$", line):
            event = match[1]
            sections[section][event] = match[2].strip()
            events.setdefault(event, {}) if section == "log_events" else None
        elif match := re.match(r"^    (level|fields|meaning): (.+)$", line):
            value = match[2].strip()
            events[event][match[1]] = set(re.findall(r"\w+", value)) if match[1] == "fields" else value
    return sections, events


def differences(what, made, listed):
    yield from (f"{what} {name} is emitted and not described in api/telemetry.yaml" for name in sorted(made - listed))
    yield from (f"{what} {name} is described in api/telemetry.yaml and never emitted" for name in sorted(listed - made))


def check(root):
    sources = {
        path.relative_to(root): without_comments(path.read_text())
        for folder in ("libs", "services")
        for path in sorted((root / folder).rglob("*.[ch]pp"))
        if not is_test(path)
    }
    sections, listed = described((root / "api/telemetry.yaml").read_text())
    made, faults = emitted(sources)
    log = sources[pathlib.Path("libs/base/log.cpp")]
    write, error = (re.search(rf"void Log::{head}.*?\n}}", log, re.DOTALL)[0] for head in (r"write\(", r"error\([^)]*Error&"))

    faults += differences("the metric", {name for code in sources.values() for name in METRIC.findall(code)}, set(sections["metrics"]))
    faults += differences("the field of every line", set(re.findall(r'member\("(\w+)"', write)), set(sections["log_line"]))
    faults += differences("the error's field", set(re.findall(r'[{]\s*"(\w+)"\s*,', error)), set(sections["log_error_fields"]))
    faults += differences("the event", set(made), set(listed))
    used = set()
    for event in sorted(set(made) & set(listed)):
        levels, fields = made[event]
        used |= fields - {ERROR}
        faults += differences(f"{event}: the field", fields, listed[event].get("fields", set()))
        if listed[event].get("level") not in levels:
            faults.append(f"{event} is logged as {', '.join(levels)} and described as {listed[event].get('level')}")
        if not listed[event].get("meaning"):
            faults.append(f"{event} has no meaning in api/telemetry.yaml")
    # a name has one meaning: a field may stand among the error's or the others, not in both
    known = set(sections["log_fields"]) | set(sections["log_error_fields"])
    faults += [f"the field {name} has no line under log_fields" for name in sorted(used - known)]
    faults += [f"the field {name} stands under log_fields and no event has it" for name in sorted(set(sections["log_fields"]) - used)]
    for name in sorted(set(sections["log_fields"]) & (set(sections["log_error_fields"]) | set(sections["log_line"]))):
        faults.append(f"the field {name} is described twice")
    for section in ("metrics", "log_line", "log_error_fields", "log_fields"):
        faults += [f"{section}: {name} has no meaning" for name, meaning in sections[section].items() if not meaning]
    return faults


def main() -> int:
    faults = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
