// The demo by a client whose types come from the API document alone (api.ts, made by openapi-typescript), polling every 500 ms.
// node demo.js URL DATA: fails with the first number that is not the expected one, and prints how many were compared.
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Task = components["schemas"]["Task"];
type Problem = components["schemas"]["Problem"];

const [url, data] = process.argv.slice(2);
if (url === undefined || data === undefined) throw new Error("usage: demo.js URL DATA");
const client = createClient<paths>({ baseUrl: url });
const asOf = "2026-02-05";
let compared = 0;

function same(what: string, got: unknown, want: unknown): void {
    compared++;
    if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what} is ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`);
}

const read = (name: string): string => readFileSync(`${data}/${name}`, "utf8");

/** Counts, whose order says nothing. */
function sameCounts(what: string, got: Record<string, number>, want: Record<string, number>): void {
    same(what, Object.entries(got).sort(), Object.entries(want).sort());
}

/** Rows of an expected file; none of them has quoted cells before the columns that are used here. */
function rows(name: string): Map<string, string>[] {
    const [head = "", ...lines] = read(`expected/${name}`).trim().split(/\r?\n/);
    const names = head.split(",");
    return lines.map((line) => new Map(line.split(",").map((cell, i) => [names[i] ?? "", cell])));
}

interface Expected {
    recalculate: { components_total: number; outcomes: { updated: number; no_quotes: number }; quotes: { used: number } & Record<string, number> };
    pricelist_estimate: { items: number; content_sha256: string; skipped: Record<string, number> };
}
interface ExpectedStock {
    stock_date: string; rows_total: number; rows_accepted: number; inserted: number; matched: number; unmatched: number;
    errors: Record<string, number>; warnings: Record<string, number>; qty_total: string; value_total: string; columns: Record<string, number>;
}
const expected = JSON.parse(read("expected/summary.json")) as Expected;
const expectedStock = JSON.parse(read("expected/stock-import.json")) as ExpectedStock;

/** An answer's body, or the problem as an error. */
function must<T>(answer: { data?: T; error?: Problem }): T {
    if (answer.error !== undefined) throw new Error(`${answer.error.type}: ${answer.error.error}`);
    if (answer.data === undefined) throw new Error("no body");
    return answer.data;
}

async function completed(started: { task_id: string }): Promise<Task> {
    for (;;) {
        const task = must(await client.GET("/api/tasks/{id}", { params: { path: { id: started.task_id } } }));
        if (task.status === "error") throw new Error(task.error);
        if (task.status === "completed") return task;
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
}

async function loadCatalogue(table: components["schemas"]["CatalogTable"]): Promise<void> {
    const file = read(`${table}.csv`);
    const answer = await client.POST("/api/catalog/{table}/import", {
        params: { path: { table } }, body: file, headers: { "Content-Type": "text/csv" }, bodySerializer: (body) => body,
    });
    const task = await completed(must(answer));
    if (task.type !== "catalog_import" || !task.result) throw new Error(`a ${task.type}`);
    const lines = file.trim().split("\n").length - 1;
    same(`${table} rows_total`, task.result.rows_total, lines);
    same(`${table} inserted`, task.result.inserted, lines);
    same(`${table} errors`, task.result.errors, {});
}

async function recalculate(): Promise<void> {
    const task = await completed(must(await client.POST("/api/tasks", { body: { type: "recalculate", params: { as_of: asOf } } })));
    if (task.type !== "recalculate" || !task.result) throw new Error(`a ${task.type}`);
    const want = expected.recalculate, { used, ...excluded } = want.quotes;
    same("components_total", task.result.components_total, want.components_total);
    same("updated", task.result.updated, want.outcomes.updated);
    same("no_quotes", task.result.no_quotes, want.outcomes.no_quotes);
    same("quotes_used", task.result.quotes_used, used);
    sameCounts("quotes_excluded", task.result.quotes_excluded, excluded);
    const list = must(await client.GET("/api/components", { params: { query: { active: true, limit: 200 } } }));
    const prices = rows("recalculate.csv").map((row) => [row.get("lot_code"), row.get("outcome") === "updated" ? Number(row.get("price")) : null]);
    same("prices", list.components.map((row) => [row.lot_code, row.price === null ? null : Number(row.price)]), prices);
}

async function importStock(): Promise<void> {
    const form = new FormData();
    form.set("warehouse", "MAIN");
    form.set("file", new Blob([readFileSync(`${data}/stock.xlsx`)]), "stock.xlsx");
    const answer = await client.POST("/api/stock/import", { body: { file: "", warehouse: "MAIN" }, bodySerializer: () => form });
    const task = await completed(must(answer));
    if (task.type !== "stock_import" || !task.result) throw new Error(`a ${task.type}`);
    const { columns, ...want } = expectedStock, got = task.result;
    same("stock_date", got.stock_date, want.stock_date);
    same("rows", [got.rows_total, got.rows_accepted, got.inserted], [want.rows_total, want.rows_accepted, want.inserted]);
    same("lots", [got.matched, got.unmatched], [want.matched, want.unmatched]);
    sameCounts("errors", got.errors, want.errors);
    sameCounts("warnings", got.warnings, want.warnings);
    same("totals", [got.qty_total, got.value_total], [want.qty_total, want.value_total]);
    sameCounts("columns", got.file.columns ?? {}, columns);
}

async function makeList(): Promise<void> {
    const task = await completed(must(await client.POST("/api/pricelists", { body: { source: "estimate", as_of: asOf } })));
    if (task.type !== "pricelist_create" || !task.result || task.result.pricelist_id === null) throw new Error(`a ${task.type}`);
    const id: number = task.result.pricelist_id;
    same("items", task.result.items, expected.pricelist_estimate.items);
    same("content_sha256", task.result.content_sha256, expected.pricelist_estimate.content_sha256);
    sameCounts("skipped", task.result.skipped, expected.pricelist_estimate.skipped);
    const list = must(await client.GET("/api/pricelists/{id}", { params: { path: { id } } }));
    same("id", list.id, id);
    const page = must(await client.GET("/api/pricelists/{id}/items", { params: { path: { id }, query: { limit: 200 } } }));
    const want = rows("pricelist-estimate.csv").map((row) => [row.get("lot_code"), Number(row.get("price"))]);
    same("item prices", page.items.map((item) => [item.lot_code, Number(item.price)]), want);
    const csv = must(await client.GET("/api/pricelists/{id}/export-csv", { params: { path: { id } }, parseAs: "text" }));
    same("lines of the file", csv.trim().split("\r\n").length - 1, want.length);
}

async function meetAProblem(): Promise<void> {
    const { error } = await client.POST("/api/pricelists", { body: { source: "estimate", currency: "usd" } });
    if (error === undefined) throw new Error("a currency in small letters was taken");
    const type: "/problems/invalid-parameters" | null = error.type === "/problems/invalid-parameters" ? error.type : null;
    same("problem", type, "/problems/invalid-parameters");
    same("code", error.errors?.map((fault) => fault.code), ["currency"]);
}

for (const table of ["warehouses", "components", "part_numbers", "parties", "rates", "quotes"] as const) await loadCatalogue(table);
await recalculate();
await importStock();
await makeList();
await meetAProblem();
console.log(`${compared} compared`);
