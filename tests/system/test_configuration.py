"""The configuration as an administrator meets it: the default file, what -t and --dump-config say, usage errors."""
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("PF_BUILD", Path(__file__).resolve().parents[2] / "build"))


@pytest.fixture
def default_file(place):
    """A daemon with a default file of its own, and the name of that file."""
    conf = place / "etc" / "priceforge" / "priceforged.conf"
    conf.parent.mkdir(parents=True)
    made = place / "priceforged"
    libraries = subprocess.run(["make", "-s", "-C", BUILD, "--eval=print-libraries: ; @echo $(PF_DAEMON_LIBS) $(AM_LDFLAGS) $(LDFLAGS)",
                                "print-libraries"], check=True, capture_output=True, text=True).stdout
    compiler = re.search(r"^CC = (.*)$", (BUILD / "Makefile").read_text(), re.M)[1]
    main = place / "main.c"
    main.write_text("int daemon_main(const char *, int, char **);\n"
                    f'int main(int argc, char **argv) {{ return daemon_main("{conf}", argc, argv); }}\n')
    subprocess.run([*shlex.split(compiler), "-fPIE", main, "-o", made, *shlex.split(libraries)], check=True, cwd=BUILD)
    return made, conf


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, timeout=60)


def test_every_way_reads_the_default_file(default_file):
    program, conf = default_file
    assert f"no file, there is no {conf}" in run(program, "-t").stdout
    assert run(program, "--dump-config").stdout.startswith(f"# No file was read: there is no {conf}\n")
    conf.write_text("[tasks]\nruners = 3\n")
    for arguments in (["-t"], ["--dump-config"], []):
        done = run(program, *arguments)
        assert done.returncode == 78 and f"{conf}:2: unknown key tasks.runers; did you mean tasks.runners?" in done.stderr, done
    conf.write_text("[tasks]\nrunners = 3\n")
    assert f"in order ({conf})" in run(program, "-t").stdout
    dump = run(program, "--dump-config").stdout
    assert dump.startswith(f"# Read from {conf}\n") and "\nrunners = 3\n" in dump
    # A file that is named stands for the default one.
    assert "\nrunners = 2\n" in run(program, "--dump-config", "-c", "/dev/null").stdout
    # One that is there and cannot be read is a fault.
    conf.unlink()
    conf.mkdir()
    assert run(program, "-t").returncode == 78


def test_a_dump_is_a_configuration(place):
    dump = run(BUILD / "priceforged", "--dump-config", "-c", "/dev/null", "-o", "tasks.runners=7").stdout
    (place / "dump.conf").write_text(dump)
    again = run(BUILD / "priceforged", "--dump-config", "-c", place / "dump.conf").stdout
    assert again.split("\n", 1)[1] == dump.split("\n", 1)[1] and "\nrunners = 7\n" in again


@pytest.mark.parametrize("key", ["paths.state_dir", "paths.runtime_dir", "auth.tokens_file", "database.socket", "database.tls_ca"])
def test_relative_paths_are_refused(key):
    done = run(BUILD / "priceforged", "-t", "-c", "/dev/null", "-o", f"{key}=some/where")
    assert done.returncode == 78 and f"{key} = some/where: must be an absolute path" in done.stderr, done


@pytest.mark.parametrize("program", ["priceforged", "priceforge", "priceforge-cells"])
def test_wrong_usage_has_one_exit_status(program):
    for arguments in (["--nonsense"], ["--nonsense", "--more"]):
        done = run(BUILD / program, *arguments)
        assert done.returncode == 2 and done.stderr and not done.stdout, done
    for arguments in (["--help"], ["--version"]):
        done = run(BUILD / program, *arguments)
        assert done.returncode == 0 and done.stdout and not done.stderr, done
