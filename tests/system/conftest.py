"""Fixtures: a real daemon with its private database in a temporary directory, and a client that speaks plain HTTP."""
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from daemon import Daemon
from demo_world import demo_world

BUILD = Path(os.environ.get("PF_BUILD", Path(__file__).resolve().parents[2] / "build"))


MARKS = ("alone: measures time, or wants the machine to itself: ./dev test runs it when no other test runs",
         "long: repeats at length what other tests show in short: only ./dev test --long runs it")


def pytest_configure(config):
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Side by side, tests go one by one to whoever is free, but those of a module that share a daemon or a server stay together. They come
    first, being the longest pieces."""
    shared = {item: _shares(item) for item in items}
    for item in items:
        if shared[item]:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))
    items.sort(key=lambda item: not shared[item])


def _shares(item):
    fixtures = item._fixtureinfo.name2fixturedefs
    return any(definition.scope == "module" for definitions in fixtures.values() for definition in definitions)


def _base():
    # Short paths: a unix socket's name must stay under 103 bytes. /var/tmp can be reached by an unprivileged account.
    return "/var/tmp" if os.geteuid() == 0 else None


@pytest.fixture
def place():
    """A directory that the daemon's account can reach."""
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def template():
    """A state directory with a migrated, cleanly stopped database: making one takes seconds, copying it does not."""
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    daemon = Daemon(BUILD, path / "state", path / "log")
    daemon.start(wait=120)
    assert daemon.term() == 0, daemon.log_text()
    (path / "state" / "node-id").unlink()
    yield path / "state"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make_daemon(place, template):
    """A function that makes (and later stops) daemons; each has its own state directory unless told otherwise."""
    made = []

    def make(*, start=True, name="state", test_types=True, fresh=False, **options):
        daemon = Daemon(BUILD, place / name, place / f"{name}.log", test_types=test_types, options=options)
        if start and not fresh and not daemon.state.exists() and not any(key.startswith("database") for key in options):
            subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
        made.append(daemon)
        if start:
            daemon.start()
        return daemon

    yield make
    for daemon in made:
        daemon.stop_hard()


@pytest.fixture
def daemon(make_daemon):
    """A running daemon with two workers and two runners."""
    return make_daemon()


@pytest.fixture(scope="module")
def world(template):
    """A daemon with the demo's catalogue, stock, prices and lists: for tests that leave them as they are."""
    with demo_world(BUILD, template, _base()) as world:
        yield world


@contextlib.contextmanager
def standing(template, **options):
    """A daemon that stands for longer than a test; it is gone at the end."""
    path = Path(tempfile.mkdtemp(prefix="pft-", dir=_base()))
    path.chmod(0o755)
    daemon = Daemon(BUILD, path / "state", path / "log", options=options)
    subprocess.run(["cp", "-a", "--reflink=auto", template, daemon.state], check=True)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop_hard()
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def module_daemon(template):
    """One daemon for all tests of a module: for those that leave nothing behind."""
    with standing(template) as daemon:
        yield daemon


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        place = item.funcargs.get("place")
        for log in sorted(place.glob("*.log")) if place else []:
            text = log.read_text(errors="replace").splitlines()
            report.sections.append((f"last lines of {log.name}", "\n".join(text[-60:])))
