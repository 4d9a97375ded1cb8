"""The import as a team writes it in an afternoon: openpyxl reads the rows, executemany() upserts them, the rest is deleted.

openpyxl_import.py SOCKET DATABASE FILE: prints the seconds from the file's bytes to the commit."""
import io
import sys
import time

import openpyxl
import pymysql

TABLE = """CREATE TABLE IF NOT EXISTS peer_stock (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, warehouse VARCHAR(16) NOT NULL,
part_number VARCHAR(64) NOT NULL, vendor VARCHAR(64) NOT NULL, name VARCHAR(255) NULL, qty DECIMAL(15,3) NOT NULL, reserved DECIMAL(15,3) NOT NULL,
cost DECIMAL(14,4) NULL, seen BIGINT NOT NULL, UNIQUE KEY uq_stock (warehouse, part_number, vendor)) DEFAULT CHARSET=utf8mb4"""
UPSERT = """INSERT INTO peer_stock (warehouse, part_number, vendor, name, qty, reserved, cost, seen)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE name = VALUES(name), qty = VALUES(qty), reserved = VALUES(reserved),
cost = VALUES(cost), seen = VALUES(seen)"""
BATCH = 1000


def rows_of(data, run):
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    next(rows)
    for number, name, vendor, qty, reserved, cost in rows:
        if number is None or not isinstance(qty, (int, float)) or qty < 0:
            continue
        yield "MAIN", str(number).strip().upper(), str(vendor or "").upper(), name, qty, reserved or 0, cost, run


def main():
    socket, database, file = sys.argv[1:]
    connection = pymysql.connect(unix_socket=socket, user="root", database=database, charset="utf8mb4")
    data = open(file, "rb").read()
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        begun, run, batch = time.monotonic(), time.time_ns(), []
        for row in rows_of(data, run):
            batch.append(row)
            if len(batch) == BATCH:
                cursor.executemany(UPSERT, batch)
                batch.clear()
        if batch:
            cursor.executemany(UPSERT, batch)
        cursor.execute("DELETE FROM peer_stock WHERE warehouse = 'MAIN' AND seen <> %s", (run,))
        connection.commit()
    print(time.monotonic() - begun)


main()
