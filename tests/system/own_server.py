"""A MariaDB server of a test's own, with a root account that may do everything: for what the daemon's account must not."""
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from daemon import ACCOUNT


class Server:
    def __init__(self, path, options=()):
        self.path, self.socket, self.options = Path(path), Path(path) / "s.sock", list(options)
        self.process = None

    def start(self):
        command = ["mariadbd", "--no-defaults", f"--datadir={self.path / 'data'}", f"--socket={self.socket}", "--skip-networking",
                   f"--pid-file={self.path / 'pid'}", "--innodb-buffer-pool-size=128M", "--innodb-snapshot-isolation=ON", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(self.path / "log", "ab"), **as_account())
        end = time.monotonic() + 60
        while subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "-e", "SELECT 1"],
                             capture_output=True).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < end, (self.path / "log").read_text()[-2000:]
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def sql(self, *statements, database="priceforge"):
        """Rows of the statements in one session; lists of texts."""
        command = ["mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-N", "-B", f"--socket={self.socket}", "--user=root", database]
        out = subprocess.run(command, input=";\n".join(statements), capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        return [line.split("\t") for line in out.stdout.splitlines()]

    def daemon_options(self):
        return {"database__socket": self.socket, "database__user": "root", "database__name": "priceforge"}


def as_account():
    """mariadbd does not run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(ACCOUNT)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def own_server(*options):
    path = Path(tempfile.mkdtemp(prefix="pfs-", dir="/var/tmp" if os.geteuid() == 0 else None))
    path.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(path, ACCOUNT, ACCOUNT)
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={path / 'data'}", "--auth-root-authentication-method=normal",
                    "--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_account())
    server = Server(path, options)
    try:
        server.start()
        server.sql("CREATE DATABASE priceforge", database="mysql")
        yield server
    finally:
        server.stop()
        shutil.rmtree(path, ignore_errors=True)
