#!/usr/bin/env python3
"""Print the template (.pot) of all messages of priceforge: those of the program, and those that the server sends by a code."""
import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
API = TOP / "daemon" / "api" / "openapi"
# Functions that translate: their format is the argument with this number.
SAYING = {"say": 1, "say_note": 1, "say_ask": 1, "say_error": 3}
# Sentences of the server that it sends as they are.
LABELS = {"told_choice": 4}
# Words of the server: kind, fragment of the API document, and the member that has their list.
WORDS = [
    ("phase", "tasks.json", "phase"),
    ("state", "tasks.json", "state"),
    ("outcome", "tasks.json", "outcome"),
    ("verdict", "tasks.json", "verdict"),
    ("effect", "stock.json", "effect"),
    ("effect", "quotes.json", "effect"),
    ("price-state", "prices.json", "price_state"),
    ("method", "prices.json", "price_method"),
    ("reason", "prices.json", "reason"),
    ("price-outcome", "prices.json", "outcome"),
    ("change", "prices.json", "status"),
    ("skipped", "prices.json", "code"),
]
# Facts of faults that are words (x-texts of FaultCode).
FACTS = {"expected": ["boolean", "integer", "decimal", "date", "moment", "text", "id", "letter", "list", "object", "json", "nothing"],
         "unit": ["bytes", "characters", "items", "rows", "decimals"]}
CHECKS = ("ops.json", "Readiness", "checks")
# Members of explain that are shown by their names, and what price lists leave out.
EXPLAINED = ["place", "waiting", "ahead", "ahead_of_type", "running_of_type", "limit_of_type", "oldest_age_ms", "expires_ms", "task_id", "type",
             "requested_by", "progress", "state", "age_ms", "rows", "text", "at", "by", "reason"]


def enums(document, name):
    """All words of members called `name`, in the order of the document."""
    found = []
    if isinstance(document, dict):
        own = document.get(name)
        if isinstance(own, dict) and "enum" in own:
            found += [word for word in own["enum"] if word is not None]
        for value in document.values():
            found += enums(value, name)
    elif isinstance(document, list):
        for value in document:
            found += enums(value, name)
    return list(dict.fromkeys(found))


def left_out():
    """The names under `skipped` of a price list's result."""
    text = (TOP / "handlers" / "pricing" / "listitem.c").read_text()
    return re.findall(r'\[LIST_\w+\] = "(\w+)"', text)


def server_words():
    """(key, comment) of everything that is translated by a code."""
    errors = json.loads((API / "errors.json").read_text())["schemas"]
    for kind, schema in (("fault", "FaultCode"), ("end", "TaskErrorCode"), ("row", "RowCode")):
        for code, told in errors[schema]["x-texts"].items():
            yield f"{kind}:{code}", told["text"]
    words = [f"{kind}:{word}" for kind, file, name in WORDS for word in enums(json.loads((API / file).read_text()), name)]
    yield from ((key, "") for key in dict.fromkeys(words))
    yield from ((f"{kind}:{word}", "") for kind, words in FACTS.items() for word in words)
    file, schema, member = CHECKS
    for check in json.loads((API / file).read_text())["schemas"][schema]["properties"][member]["properties"]:
        yield f"check:{check}", ""
    for name in EXPLAINED:
        yield f"explain:{name}", ""
    for name in left_out():
        yield f"left-out:{name}", ""
    for slug, title, _detail in problems():
        yield f"problem:{slug}", title


def problems():
    text = (TOP / "daemon" / "http" / "problem.c").read_text()
    string = r'"((?:[^"\\]|\\.)*)"'
    return re.findall(r'\{"([a-z-]+)", \d+, ' + string + r",\s*" + string + ",", text)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def has_words(message):
    return re.search(r"[A-Za-z]", re.sub(r"%[-+ 0#*.\d$]*(?:ll|[lzj])?[a-z]", "", message))


def of_program():
    """The template of xgettext, without formats that have no words."""
    sources = sorted(str(path.relative_to(TOP)) for path in (TOP / "client").rglob("*.[ch]") if path.name not in ("cells.c", "token.c")
                     or path.parent.name == "command")
    command = ["xgettext", "--from-code=UTF-8", "-L", "C", "--no-wrap", "--no-location", "-o", "-", "-k", "-k_", "-kN_", "-kNP_:1,2", "-kngettext:1,2",
               "-klist_print:7"]
    for name, place in SAYING.items():
        command += [f"-k{name}:{place}", f"--flag={name}:{place}:c-format"]
    text = subprocess.run([*command, *sources], cwd=TOP, check=True, capture_output=True, text=True).stdout
    labels = subprocess.run(["xgettext", "--from-code=UTF-8", "-L", "C", "--no-wrap", "--no-location", "--omit-header", "-o", "-", "-k",
                             *(f"-k{name}:{place}" for name, place in LABELS.items()),
                             *sorted(str(path.relative_to(TOP)) for path in (TOP / "handlers").rglob("*.c"))],
                            cwd=TOP, check=True, capture_output=True, text=True).stdout
    head, *entries = [block for block in (text.rstrip() + "\n\n" + labels).split("\n\n") if block.strip()]
    kept = {}
    for entry in entries:
        message = re.search(r'^msgid (".*"(?:\n".*")*)', entry, re.M)[1]
        message = "".join(json.loads(line) for line in message.splitlines())
        if has_words(message):
            kept.setdefault(message, entry.strip())
    return head, kept


def main():
    head, kept = of_program()
    print(re.sub(r"CHARSET", "UTF-8", head))
    for entry in kept.values():
        print(f"\n{entry}")
    for _slug, _title, detail in problems():
        detail = json.loads(f'"{detail}"')
        if detail not in kept:
            kept[detail] = True
            print(f"\nmsgid {quoted(detail)}\nmsgstr \"\"")
    for key, comment in server_words():
        print("\n" + (f"#. {comment}\n" if comment else "") + f"msgid {quoted(key)}\nmsgstr \"\"")


if __name__ == "__main__":
    sys.exit(main())
