// The import as a team writes it in an afternoon: exceljs streams the rows, mysql2 upserts them in bulk, the rest is deleted.
//
//   node exceljs_import.mjs SOCKET DATABASE FILE: prints the seconds from the file to the commit.
import ExcelJS from 'exceljs';
import mysql from 'mysql2/promise';

const TABLE = `CREATE TABLE IF NOT EXISTS peer_stock (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, warehouse VARCHAR(16) NOT NULL,
part_number VARCHAR(64) NOT NULL, vendor VARCHAR(64) NOT NULL, name VARCHAR(255) NULL, qty DECIMAL(15,3) NOT NULL, reserved DECIMAL(15,3) NOT NULL,
cost DECIMAL(14,4) NULL, seen BIGINT NOT NULL, UNIQUE KEY uq_stock (warehouse, part_number, vendor)) DEFAULT CHARSET=utf8mb4`;
const UPSERT = `INSERT INTO peer_stock (warehouse, part_number, vendor, name, qty, reserved, cost, seen) VALUES ?
ON DUPLICATE KEY UPDATE name = VALUES(name), qty = VALUES(qty), reserved = VALUES(reserved), cost = VALUES(cost), seen = VALUES(seen)`;
const BATCH = 1000;

const [socketPath, database, file] = process.argv.slice(2);
const db = await mysql.createConnection({ socketPath, user: 'root', database, charset: 'utf8mb4' });
await db.query(TABLE);
const begun = process.hrtime.bigint(), run = Date.now();
await db.beginTransaction();
const reader = new ExcelJS.stream.xlsx.WorkbookReader(file, { worksheets: 'emit', sharedStrings: 'cache', styles: 'ignore', hyperlinks: 'ignore' });
let batch = [];
for await (const sheet of reader) {
  for await (const row of sheet) {
    const [, number, name, vendor, qty, reserved, cost] = row.values;
    if (row.number === 1 || number === undefined || typeof qty !== 'number' || qty < 0) continue;
    batch.push(['MAIN', String(number).trim().toUpperCase(), String(vendor ?? '').toUpperCase(), name, qty, reserved ?? 0, cost ?? null, run]);
    if (batch.length === BATCH) {
      await db.query(UPSERT, [batch]);
      batch = [];
    }
  }
}
if (batch.length) await db.query(UPSERT, [batch]);
await db.query("DELETE FROM peer_stock WHERE warehouse = 'MAIN' AND seen <> ?", [run]);
await db.commit();
console.log(Number(process.hrtime.bigint() - begun) / 1e9);
await db.end();
