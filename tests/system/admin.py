"""priceforge-admin, and what is in a database, for tests."""
import gzip
import os
import shutil
import subprocess

from conftest import BUILD

ADMIN = BUILD / "priceforge-admin"
# Each table of the schema is one or the other. A new table is kept unless store/backup/tables.c names it; say here which was meant.
KEPT = {"component", "component_edit", "component_word", "currency_rate", "import_profile", "import_profile_use", "part_number_map", "party",
        "price_change", "price_change_quote", "price_quote", "pricelist", "pricelist_item", "quote_import", "quote_undo", "stock_import",
        "stock_item", "stock_undo", "task", "task_chain", "task_count", "task_count_change", "task_heading", "task_log", "task_row_error",
        "task_tombstone", "trial_change", "warehouse"}
LEFT_OUT = {"schema_version", "lease", "node", "idem_key"}


def options_of(daemon):
    """The options of a daemon's command line."""
    return [word for key, value in daemon.options.items() for word in ("-o", f"{key}={value}")]


def admin(options, *words, **how):
    """Runs priceforge-admin db with the options of a daemon, or a list of them."""
    options = options if isinstance(options, list) else options_of(options)
    return subprocess.run([ADMIN, "db", *map(str, words), *map(str, options)], capture_output=True, text=True, timeout=180, **how)


def done(result):
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def content(sql, without=()):
    """Every row of every table that a backup keeps, by table; `sql` runs one statement."""
    columns = {}
    for table, column, kind in sql("SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables "
                                   "t USING (table_schema, table_name) WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1, 2"):
        columns.setdefault(table, []).append(f"HEX({column})" if "binary" in kind else column)
    return {table: sorted(map(tuple, sql(f"SELECT {', '.join(names)} FROM {table}"))) for table, names in columns.items()
            if table not in LEFT_OUT | set(without)}


def lines_of(path):
    with gzip.open(path, "rb") as file:
        return file.read().split(b"\n")


def write_lines(path, lines):
    with gzip.open(path, "wb") as file:
        file.write(b"\n".join(lines))


def empty_state(place, name):
    """A directory for a daemon that has never run."""
    path = place / name
    path.mkdir()
    path.chmod(0o700)
    if os.geteuid() == 0:
        shutil.chown(path, "priceforge", "priceforge")
    return path
