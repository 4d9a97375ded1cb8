"""The check of rooms and layers finds what it is there for."""

import importlib.util
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("layers", TOP / "tests" / "layers.py")
layers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(layers)


def tree(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def faults(top):
    needs, found = layers.arrows(top)
    return found + list(layers.circles(needs)) + layers.too_large(top) + list(layers.stale(top))


def test_this_tree_is_clean():
    assert faults(TOP) == []


def test_an_include_against_the_layers_is_found(tmp_path):
    top = tree(tmp_path, {"daemon/http/http.h": "", "handlers/job.c": '#include "daemon/http/http.h"\n',
                          "shm/a.h": "", "store/b.c": '#include "shm/a.h"\n', "client/c.c": '#include "shm/a.h"\n'})
    assert faults(top) == ["store/b.c: store/ must not include shm/a.h",
                           "handlers/job.c: handlers/ must not include daemon/http/http.h",
                           "client/c.c: client/ must not include shm/a.h"]


def test_rooms_that_need_each_other_are_found(tmp_path):
    top = tree(tmp_path, {"daemon/a/a.h": '#include "daemon/b/b.h"\n', "daemon/b/b.h": "", "daemon/c/c.h": "",
                          "daemon/b/b.c": '#include "daemon/c/c.h"\n', "daemon/c/c.c": '#include "daemon/a/a.h"\n'})
    found = faults(top)
    assert len(found) == 3 and all("need each other" in line for line in found)


def test_a_room_that_is_too_large_is_found(tmp_path):
    top = tree(tmp_path, {f"handlers/stock/f{i}.c": "" for i in range(18)})
    assert faults(top) == ["handlers/stock has 18 .c files, more than 17"]


def test_a_header_that_is_not_there_is_found(tmp_path):
    top = tree(tmp_path, {"base/a.c": '#include "base/gone.h"\n'})
    assert faults(top) == ["base/a.c: there is no base/gone.h"]


def test_a_name_that_leads_nowhere_is_found(tmp_path):
    top = tree(tmp_path, {"base/a.c": "/* See b.c, c.c, gone.h and base/c.h. */\nint x; // d.c\n", "base/b.c": "", "store/c.c": "",
                          "README.md": "`store/c.c`, `c.c` and `away.c`\n```c\n/* any.c */\n```\n",
                          "daemon/api/routes.c": '{HTTP_GET, "/api/tasks/{id}", f}\n/* /api/tasks/7, /api/tasks/{id}, /api/stock */\n'})
    assert faults(top) == ["README.md: names away.c, which is not there"] + [
        f"base/a.c: names {name}, which is not there" for name in ("c.c", "gone.h", "base/c.h", "d.c")] + [
        "daemon/api/routes.c: names /api/stock, which is not served"]
