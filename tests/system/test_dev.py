"""./dev, the script: what it installs before it uses it, when it configures again, how it counts. Nothing is installed or built here."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
DEV = TOP / "dev"
sys.path.insert(0, str(TOP / "tests" / "bench"))


def dev(*words):
    return subprocess.run([DEV, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def functions(script, *arguments):
    """A script that has the functions of ./dev, in its own process."""
    return subprocess.run(["bash", "-c", f'source "{DEV}"\n{script}', "dev", *arguments], capture_output=True, text=True,
                          env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")})


@pytest.mark.parametrize("words", [[], ["nonsense"], ["test", "--nonsense"], ["test-on"], ["test-on", "../x"], ["deb", "../x"], ["test-deb", "../x"]])
def test_wrong_words_get_help(words):
    done = dev(*words)
    assert done.returncode == 2 and "./dev demo" in done.stderr and "unbound" not in done.stderr, done


def test_help_names_every_word():
    text = dev("help").stdout
    words = DEV.read_text().split("case ${1:-} in\n")[-1].split(")")[0].split(" | ")
    assert "test-on" in words and not [word for word in words if f"./dev {word}" not in text and word != "help"], text


# Whatever a word starts, apart from what every Debian has (packages of priority "required").
USED = {
    "demo": "python3 curl make gcc autoconf automake pkg-config mariadb-server-core mariadb-client-core procps",
    "build": "python3 make gcc autoconf automake pkg-config",
    "check": "python3 python3-pytest python3-pytest-xdist python3-jsonschema libcmocka-dev git make gcc",
    "test": "python3 python3-pytest python3-pytest-xdist python3-jsonschema libcmocka-dev git clang xz-utils spin patch make gcc",
    "prove": "python3 python3-jsonschema spin patch make gcc",
    "fuzz": "python3 clang libclang-rt-dev libcmocka-dev make gcc procps",
    "bench": "python3 python3-jsonschema libcmocka-dev wrk nginx-light golang-go strace procps curl make gcc",
    "lint": "python3 git clang-format clang-tidy cppcheck pkg-config make gcc",
    "format": "git clang-format",
    "test-on": "git debootstrap",
    "deb": "git debootstrap",
    "test-deb": "git debootstrap",
}


@pytest.mark.parametrize("word", USED)
def test_what_a_word_uses_is_asked_for_before(word):
    """The first thing that is done with a package list, or with what is built, ends the script here."""
    done = functions(f'''asked=
need() {{ asked="$asked $*"; }}
need_account() {{ :; }}
stop() {{ echo "$asked" >&2; exit 0; }}
xargs() {{ :; }}
for name in configure_in find_samples need_tree sources as_root say make_in; do eval "$name() {{ stop; }}"; done
cmd_{word.replace("-", "_")} {"trixie" if word == "test-on" else ""}''')
    assert done.returncode == 0, done
    missing = set(USED[word].split()) - set(done.stderr.split())
    assert not missing, f"./dev {word} does not ask for {missing}"


def test_configured_again_when_options_or_packages_change(tmp_path):
    (tmp_path / "configure.ac").write_text("")
    configure = tmp_path / "configure"
    configure.write_text('#!/bin/sh\necho "configured $*" >&2\ntouch Makefile config.status\n')
    configure.chmod(0o755)
    later = os.stat(tmp_path / "configure.ac").st_mtime + 1
    os.utime(configure, (later, later))
    done = functions(f'''cd "{tmp_path}"; top=$PWD packages="ii  libfirst 1"
dpkg-query() {{ echo "$packages"; }}
autoreconf() {{ echo "autoreconf" >&2; }}
configure_in b; touch -d '+1 hour' b/config.status; configure_in b
packages="$packages
ii  libcmocka-dev 1.1"; configure_in b; touch -d '+1 hour' b/config.status; configure_in b
configure_in b --more; touch -d '+1 hour' b/config.status; configure_in b --more''')
    assert done.returncode == 0 and done.stderr.splitlines() == ["configured ", "configured ", "configured --more"], done


TESTS = '''import os
import pytest
@pytest.mark.parametrize("n", range(3))
def test_beside(n): assert "PYTEST_XDIST_WORKER" in os.environ
def test_wrong(): assert False
def test_left_out(): pytest.skip("x")
@pytest.mark.alone
def test_alone(): assert "PYTEST_XDIST_WORKER" not in os.environ
@pytest.mark.long
def test_long(): pass
@pytest.mark.long
@pytest.mark.alone
def test_long_alone(): pass
'''


@pytest.mark.parametrize("long,counts", [("", "4 passed, 1 failed, 1 skipped"), ("1", "6 passed, 1 failed, 1 skipped")])
def test_counts_tests_side_by_side_and_alone(tmp_path, long, counts):
    (tmp_path / "test_x.py").write_text(TESTS)
    done = functions(f'make_in() {{ :; }}; samples=; long={long}; system_tests build "{tmp_path}/test_x.py"; tell_counts')
    assert done.stdout.splitlines()[-1] == counts and done.returncode == 1, done


@pytest.mark.parametrize("text", ["", "nonsense", "raise SystemExit(3)", "import os\ndef test_x(): os._exit(1)"])
def test_what_does_not_run_is_a_failure(tmp_path, text):
    (tmp_path / "test_x.py").write_text(text)
    done = functions(f'make_in() {{ :; }}; samples=; system_tests build "{tmp_path}/test_x.py"; tell_counts')
    assert re.fullmatch("0 passed, [1-9][0-9]* failed, 0 skipped", done.stdout.splitlines()[-1]) and done.returncode == 1, done


def test_every_room_has_tests_and_every_test_is_there():
    files = [path.relative_to(TOP) for top in ("base", "client", "daemon", "handlers", "shm", "store") for path in (TOP / top).rglob("*.c")]
    rooms = sorted({str(file.parent) for file in files})
    done = functions('for room in "$@"; do echo "$room:" $(tests_of "$room/x.c"); done', *rooms)
    named = dict(line.split(":") for line in done.stdout.splitlines())
    assert [room for room in rooms if not named[room].strip()] == []
    names = {name for value in named.values() for name in value.split()}
    assert [name for name in sorted(names) if not (TOP / "tests" / "system" / f"test_{name}.py").exists()] == []


def test_changes_become_test_files():
    done = functions('printf "%s\\n" daemon/worker/x.c tests/system/test_polls.py README.md tests/system/test_gone.py dev | touched_tests')
    assert done.stdout.split() == ["tests/system/test_dev.py", "tests/system/test_polls.py"], done


def test_no_measured_daemon_gets_more_submissions_than_fit_into_its_table(monkeypatch, capsys):
    """Seen where a disk makes 7 000 of them durable in a second: the table was full after 10 s. 15 000 a second must fit."""
    monkeypatch.setenv("PF_BUILD", os.environ.get("PF_BUILD", "build"))
    import bench
    room = {}

    class Fake:
        def __init__(self, slots):
            self.port = len(room)
            room[self.port] = slots * 7 / 8

        def stop_hard(self):
            pass

    def wrk(url, seconds, _connections, _script):
        port = int(url.split(":")[2].split("/")[0])
        room[port] -= 15000 * seconds
        return 15000 * seconds, 15000.0, "1ms", max(0, int(-room[port]))

    monkeypatch.setattr(bench, "wrk", wrk)
    monkeypatch.setattr(bench, "fsync_rate", lambda _path: 100)
    monkeypatch.setattr(bench.Place, "daemon", lambda _place, _name="state", **options: Fake(options["tasks__slots"]))
    bench.bench_submit()
    assert "15000" in capsys.readouterr().out and min(room.values()) >= 0
