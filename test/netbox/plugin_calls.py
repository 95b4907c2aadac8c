"""Finds in the source of the installed plugin what it may ask of this service, and prints it as JSON.

    python plugin_calls.py

{"paths": [{"file", "text"}], "senders": [files], "pages": [{"file", "text"}]}

`paths`: every text of the code that looks like a path of this service, or puts one behind the address of a server; what an
f-string inserts stands in braces, without spaces. `senders`: every file that sends a request by itself. `pages`: the addresses that templates and
scripts of its pages open in the browser without asking Django for them. Tests, migrations, docstrings, the
plugin's own table of URLs, and libraries that it ships are left out.
"""

import ast
import importlib.util
import json
import re
from pathlib import Path

ROOTS = (
    "admin auth cache ceph clear-cache cloud dcim extras full-update intent netbox pbs pdm proxbox proxmox runs ssh sync "
    "virtualization"
).split()
PATH = re.compile(r"^(?:\{[^{}]*\}|https?://\{[^{}]*\})?/?(?:%s)/[^\s]*$" % "|".join(map(re.escape, ROOTS)))
ALONE = re.compile(r"^(?:\{[^{}]*\})?/(?:health|version|meta|openapi\.json|metrics|docs|ws|full-update)$")
CARRIER = re.compile(r"^\{[^{}]*(?:url|rstrip)[^{}]*\}/\S*$|^\{[^{}]*\}://\S*/\S*$")
SENDS = re.compile(
    r"\b(?:requests|http_requests|session|client|http_client)\.(?:get|post|put|patch|delete|request)\("
    r"|getattr\(http_client, method\)|websockets\.connect\("
)
SHIPPED = re.compile(r"/(?:vendor|styles)/")
OPENS = re.compile(r"\b(?:fetch|EventSource|WebSocket)\(\s*([^\n;]{0,120})")


def folder_of_plugin():
    return Path(importlib.util.find_spec("netbox_proxbox").submodule_search_locations[0])


def source_files(folder, suffix):
    for file in sorted(folder.rglob(f"*{suffix}")):
        name = file.relative_to(folder).as_posix()
        if not name.startswith(("tests/", "migrations/")) and not name.endswith("urls.py") and not SHIPPED.search(name):
            yield name, file.read_text(encoding="utf-8", errors="replace")


def docstrings(tree):
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}


def text_of(node):
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = node.values
    return "".join(
        part.value if isinstance(part, ast.Constant) else "{%s}" % "".join(ast.unparse(part.value).split()) for part in parts
    )


def texts(tree):
    """Every text of the code; the parts of an f-string are not texts of their own."""
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            yield text_of(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def is_path(text):
    return bool(PATH.match(text) or ALONE.match(text) or CARRIER.match(text))


def main():
    folder = folder_of_plugin()
    paths, senders, pages = set(), set(), set()
    for name, source in source_files(folder, ".py"):
        paths.update((name, text) for text in texts(ast.parse(source)) if is_path(text))
        if SENDS.search(source):
            senders.add(name)
    for suffix in (".js", ".html"):
        for name, source in source_files(folder, suffix):
            pages.update((name, " ".join(found.split())) for found in OPENS.findall(source))
    as_rows = lambda found: [{"file": file, "text": text} for file, text in sorted(found)]
    print(json.dumps({"paths": as_rows(paths), "senders": sorted(senders), "pages": as_rows(pages)}, indent=1))


main()
