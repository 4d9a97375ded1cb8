"""What `make install` makes: whole, and started by systemd as it was installed, under /usr and under another prefix."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import systemd_helper
from daemon import Client
from systemd_helper import UNIT

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PF_BUILD", TOP / "build")).resolve()
LIBRARIES = [path.name for path in sorted(BUILD.glob("libpf*.a"))]


class Tree:
    """One installed tree. Only what depends on the prefix is built anew; the libraries are those of the build under test."""

    def __init__(self, work, prefix, destdir):
        self.work, self.prefix, self.destdir = work, Path(prefix), destdir
        self.sysconf = Path("/etc") if prefix == "/usr" else self.prefix / "etc"
        options = shlex.split(subprocess.run([BUILD / "config.status", "--config"], check=True, capture_output=True, text=True).stdout)
        subprocess.run([TOP / "configure", *options, f"--prefix={prefix}", f"--sysconfdir={self.sysconf}"], cwd=work, check=True,
                       capture_output=True)
        for name in LIBRARIES:
            shutil.copy(BUILD / name, work / name)
        self.make("install-exec-am", "install-data-am")

    def make(self, *targets, check=True):
        old = [word for name in LIBRARIES for word in ("-o", name)]
        return subprocess.run(["make", "-s", *old, f"DESTDIR={self.destdir}", *targets], cwd=self.work, check=check, capture_output=True,
                              text=True)

    def path(self, path):
        return Path(f"{self.destdir}{path}")


@pytest.fixture(scope="module", params=["/usr", "other"])
def tree(request):
    """Below /opt: the unit's sandbox hides /tmp and /home."""
    place = Path(tempfile.mkdtemp(prefix="pft-", dir="/opt" if os.geteuid() == 0 else None))
    place.chmod(0o755)
    (place / "work").mkdir()
    if request.param == "/usr":
        yield Tree(place / "work", "/usr", str(place / "root"))
    else:
        yield Tree(place / "work", str(place / "prefix"), "")
    shutil.rmtree(place, ignore_errors=True)


def test_the_installed_tree_is_whole(tree):
    assert "installed tree: in order" in tree.make("installcheck-local").stdout
    assert tree.path(tree.prefix / "sbin" / "priceforged").exists() and not tree.path(tree.prefix / "bin" / "priceforged").exists()
    help_text = subprocess.run([tree.path(tree.prefix / "sbin" / "priceforged"), "--help"], check=True, capture_output=True, text=True).stdout
    assert f"{tree.sysconf}/priceforge/priceforged.conf" in help_text


def test_the_check_sees_what_is_wrong(tree):
    unit = tree.path(tree.prefix / "lib" / "systemd" / "system" / UNIT)
    text = unit.read_text()
    for wrong, said in [(text.replace(f"ExecStart={tree.prefix}/sbin", "ExecStart=@sbindir@"), "a name was not replaced"),
                        (text.replace(f"ExecStart={tree.prefix}/sbin", f"ExecStart={tree.prefix}/bin"), "the unit starts another program"),
                        (text.replace("WatchdogSec", "WatchDogSec"), "WatchDogSec")]:
        assert wrong != text
        unit.write_text(wrong)
        done = tree.make("installcheck-local", check=False)
        assert done.returncode != 0 and said in done.stdout + done.stderr, done
    unit.write_text(text)


def test_a_name_that_is_left_over_fails_the_build(tree, place):
    (place / "deploy").mkdir()
    (place / "deploy" / "x.conf.in").write_text("a = @sbindir@\nb = @unknown@\n")
    done = tree.make("deploy_in=", "deploy_built=deploy/x.conf", f"deploy_from={place}", "deploy/x.conf", check=False)
    assert done.returncode != 0 and "2:b = @unknown@" in done.stderr, done
    assert not (tree.work / "deploy" / "x.conf").exists()
    (place / "deploy" / "x.conf.in").write_text("a = @sbindir@\n")
    tree.make("deploy_in=", "deploy_built=deploy/x.conf", f"deploy_from={place}", "deploy/x.conf")
    assert (tree.work / "deploy" / "x.conf").read_text() == f"a = {tree.prefix}/sbin\n"


def test_the_administrators_file_stays(tree):
    conf = tree.path(tree.sysconf / "priceforge" / "priceforged.conf")
    shipped = conf.read_text()
    conf.write_text(shipped + "; mine\n")
    tree.make("install-data-am")
    assert conf.read_text().endswith("; mine\n")
    tree.make("uninstall-am")
    assert conf.exists() and not tree.path(tree.prefix / "sbin" / "priceforged").exists()
    conf.write_text(shipped)
    tree.make("uninstall-am")
    left = [path for root in (tree.path(tree.prefix), tree.path(tree.sysconf)) for path in root.rglob("*") if path.is_file()]
    assert not left
    tree.make("install-exec-am", "install-data-am")


def test_the_installed_unit_starts(tree, place):
    systemd_helper.require()
    mounts = ":"
    if tree.destdir:
        mounts = "\n    ".join(f"mount -t overlay overlay -o lowerdir={tree.destdir}{folder}:{folder} {folder}" for folder in ("/usr", "/etc"))
    with systemd_helper.run(place, f"{tree.destdir}{tree.prefix}/lib/systemd/system", mounts) as systemd:
        systemd("start", UNIT)
        assert systemd.inside("readlink", f"/proc/{systemd.show('MainPID')}/exe").strip() == f"{tree.prefix}/sbin/priceforged"
        port = int(re.search(r"http=127\.0\.0\.1:(\d+)", systemd.inside("cat", "/run/pf.out"))[1])
        assert Client(port=port).get("/readyz").status == 200
        # What the administrator asks, and what the daemon reads, is the same file.
        said = systemd.inside(f"{tree.prefix}/sbin/priceforged", "-t")
        assert f"{tree.sysconf}/priceforge/priceforged.conf" in said
        assert "state_dir = /var/lib/priceforge" in systemd.inside(f"{tree.prefix}/sbin/priceforged", "--dump-config")
        systemd("reload", UNIT)
        systemd("stop", UNIT)
        assert systemd.show("Result") == "success"
