/* The page of a checked file: columns, questions, corrections, profiles, deletions, follow-ups; then the import, as it was checked. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { accessFaults, faultsOf, newPage, settled, shot, tooWide } from './browser.mjs';
import { DEMO } from './daemon.mjs';
import { api, browser, daemon, opts, stage } from './stage.mjs';

stage();

const csv = (...rows) => Buffer.from(rows.map((row) => row.join(';')).join('\n') + '\n');
const stockFile = readFileSync(path.join(DEMO, 'stock.xlsx'));

/** A dry run of the file; its id. */
async function checked(body, name = 'остатки.csv', query = 'warehouse=MAIN') {
    return (await daemon.run(`/api/stock/import?${query}&dry_run=true&filename=${encodeURIComponent(name)}`, body)).id;
}

/** @param {string} id @param {(page: any) => Promise<void>} act @param {object} [options] */
async function onPreview(id, act, options = {}) {
    const page = await newPage(browser, options);
    try {
        await page.goto(`${daemon.url}/#/import/${id}`);
        await page.getByRole('heading', { level: 2 }).first().waitFor();
        await act(page);
        assert.deepEqual(faultsOf(page), []);
    } finally {
        await page.context().close();
    }
}

/** Where the page is now. */
const idOf = (page) => /#\/(?:import|tasks)\/([0-9a-f-]{36})/.exec(page.url())?.[1];

/** Press, and wait for the page of the next task. */
async function press(page, name, where = 'import') {
    const before = idOf(page);
    await page.getByRole('button', { name }).last().click();
    await page.waitForURL((url) => url.hash.startsWith(`#/${where}/`) && !url.hash.includes(before), { timeout: 15000 });
    return idOf(page);
}

const full = async (id) => (await daemon.ask(`/api/tasks/${id}?view=full&wait=20`)).json;
const ROWS = [
    ['Артикул', 'Наименование', 'Факт', 'Учёт'],
    ['ZZ-1-A', 'Первый', '5', '7'],
    ['ZZ-2-A', 'Второй', '3', '4'],
];

test('every state of the page in both languages, schemes and widths', opts, async () => {
    const ids = {
        stock: await checked(stockFile, 'stock.xlsx'),
        columns: await checked(csv(...ROWS), 'a.csv', 'warehouse=MAIN&mode=merge'),
        deletes: await checked(csv(['Артикул', 'Количество'], ['ZZ-1-A', '5'])),
    };
    for (const [lang, scheme, width] of [
        ['en', 'light', 1440],
        ['ru', 'dark', 390],
        ['ru', 'light', 1440],
        ['en', 'dark', 390],
    ])
        for (const [name, id] of Object.entries(ids))
            await onPreview(
                id,
                async (page) => {
                    await settled(page);
                    await shot(page, `import-${name}-${lang}-${scheme}-${width}`);
                    assert.deepEqual(await tooWide(page), []);
                    assert.deepEqual(await accessFaults(page), [], `${name} ${lang} ${scheme} ${width}`);
                },
                { lang, scheme, width },
            );
});

test('columns that nobody understands are chosen over the sheet, and saved as a profile that recognises the next file', opts, async () => {
    const id = await checked(csv(...ROWS), 'факт.csv', 'warehouse=MAIN&mode=merge');
    assert.equal((await full(id)).error_detail.code, 'E_NO_HEADER');
    await onPreview(id, async (page) => {
        await page.getByLabel('Field of column C').selectOption('qty');
        await page.getByText('your choice').first().waitFor();
        await page.reload(); // what was chosen is kept
        assert.equal(await page.getByLabel('Field of column C').inputValue(), 'qty');
        const next = await full(await press(page, 'Check again'));
        assert.equal(next.status, 'completed');
        assert.deepEqual(next.params.columns, { qty: 'Факт' }, 'by the caption, so that the next file is read by it, too');
        assert.equal(next.result.qty_total, '8.000');
        await page.getByRole('button', { name: 'Save profile' }).click();
        await page.getByLabel('Name', { exact: true }).fill('факт 1С');
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        await page.locator('dialog[open]').waitFor({ state: 'detached' });
        const profile = (await daemon.ask(`/api/import-profiles/${encodeURIComponent('факт 1С')}`)).json;
        assert.deepEqual(profile.params.columns, { qty: 'Факт' });
    });
    const other = await checked(csv(ROWS[0], ['ZZ-3-A', 'Третий', '1', '1']), 'факт 2.csv', 'warehouse=MAIN&mode=merge');
    await onPreview(other, async (page) => {
        await page.getByText('Recognised by its captions: факт 1С').waitFor();
        await page.getByLabel('Profile').selectOption('факт 1С');
        const next = await full(await press(page, 'Check again'));
        assert.equal(next.params.profile, 'факт 1С');
        assert.equal(next.result.qty_total, '1.000');
    });
});

test('two columns of one field: the choice is a radio button', opts, async () => {
    const rows = [
        ['Артикул', 'В наличии', 'Приход', 'Остаток'],
        ['ZZ-1-A', '7', '5', '12'],
    ];
    const id = await checked(csv(...rows), 'два.csv', 'warehouse=MAIN&mode=merge');
    assert.equal((await full(id)).error_detail.code, 'E_AMBIGUOUS_COLUMN');
    await onPreview(id, async (page) => {
        await page.getByRole('heading', { name: 'Which column?' }).waitFor();
        await page.getByRole('radio', { name: /Остаток/ }).check();
        const next = await full(await press(page, 'Check again'));
        assert.equal(next.result.qty_total, '12.000');
    });
});

test('many deletions want their number typed; the date guard stays', opts, async () => {
    const id = await checked(csv(['Артикул', 'Количество'], ['ZZ-1-A', '5']));
    const { deleted } = (await full(id)).error_detail.args;
    await onPreview(id, async (page) => {
        await page.getByRole('radio', { name: 'Delete them' }).check();
        const typed = page.getByLabel(`Type ${deleted} to confirm`);
        await typed.fill('1');
        assert.equal(await page.getByText('Not checked yet').isVisible(), false);
        await typed.fill(deleted);
        const next = await full(await press(page, 'Check again'));
        assert.equal(next.params.force, false);
        assert.equal(next.params.max_delete_pct, 100);
        await page.getByRole('button', { name: `Import 1 row, delete ${deleted}` }).waitFor();
        await page.getByRole('button', { name: 'Check again' }).waitFor({ state: 'detached' });
    });
    await onPreview(id, async (page) => {
        await page.getByRole('radio', { name: 'Only add and update' }).check();
        const next = await full(await press(page, 'Check again'));
        assert.deepEqual([next.params.mode, next.result.deleted], ['merge', 0]);
    });
});

test('refused rows are put right in place or left out; the check and the import have the corrections', opts, async () => {
    const rows = [
        ['Артикул', 'Наименование', 'Количество', 'Ед.'],
        ['ZZ-11-A', 'Один', 'есть', 'шт'],
        ['ZZ-12-A', 'Два', '2', 'кг'],
        ['ZZ-13-A', 'Три', '3', 'шт'],
        ['ZZ-14-A', 'Ч', '4', 'шт'],
    ];
    const id = await checked(csv(...rows), 'правка.csv', 'warehouse=FAR&mode=merge&max_reject_pct=100').catch(() => null);
    const warehouse = (await daemon.ask('/api/warehouses')).json.warehouses.find((one) => one.code !== 'MAIN').code;
    const start = id ?? (await checked(csv(...rows), 'правка.csv', `warehouse=${warehouse}&mode=merge&max_reject_pct=100`));
    assert.equal((await full(start)).result.rows_rejected, 2);
    await onPreview(start, async (page) => {
        await page.getByLabel('Correction of C2').fill('7');
        await page.getByLabel('Correction of C2').blur();
        await page.getByRole('row', { name: /D3/ }).getByRole('button', { name: 'Leave out' }).click();
        await page.getByRole('heading', { name: 'Corrections: 2' }).waitFor();
        await page.reload();
        assert.equal(await page.getByLabel('Correction of C2').inputValue(), '7');
        const next = await full(await press(page, 'Check again: 2 corrections'));
        assert.equal(next.result.rows_rejected, 0);
        assert.equal(next.result.qty_total, '14.000');
        await page.getByLabel('Recalculate prices').check();
        const made = await full(await press(page, 'Import 3 rows', 'tasks'));
        assert.deepEqual(
            [made.status, made.result.dry_run, made.result.inserted, made.result.qty_total],
            ['completed', false, 3, '14.000'],
        );
        assert.deepEqual(
            made.chain.map((one) => one.type),
            ['stock_import', 'recalculate'],
        );
        await page.locator('.toast', { hasText: '3 rows imported' }).waitFor();
    });
});

test('a suggestion is taken by one click: where a number has several lots, the vendor decides', opts, async () => {
    const id = await checked(stockFile, 'stock.xlsx');
    const before = await full(id);
    assert.equal(before.result.errors.E_PN_AMBIGUOUS, 1);
    await onPreview(id, async (page) => {
        await page.getByRole('button', { name: /^Several lots/ }).click();
        await page.getByRole('button', { name: /^It is SSD-1T92-SATA-RI/ }).click();
        const next = await full(await press(page, 'Check again: 1 correction'));
        assert.equal(next.result.errors.E_PN_AMBIGUOUS, undefined);
        assert.equal(next.result.rows_rejected, before.result.rows_rejected - 1);
    });
});

test("a supplier's list and a catalogue have the same page", opts, async () => {
    const lists = { name: 'прайс.csv', body: csv(['Изделие №', 'Стоит'], ['ZZ-1-A', '690'], ['ZZ-2-A', '1200']) };
    const { code } = (await daemon.ask('/api/parties')).json.parties.find((one) => one.kind === 'supplier');
    const query = `party=${encodeURIComponent(code)}&currency=RUB&dry_run=true&filename=${encodeURIComponent(lists.name)}`;
    const first = await daemon.run(`/api/quotes/import?${query}`, lists.body);
    assert.equal(first.error_detail.code, 'E_NO_HEADER');
    await onPreview(first.id, async (page) => {
        await page.getByLabel('Field of column A').selectOption('part_number');
        await page.getByLabel('Field of column B').selectOption('price');
        const next = await full(await press(page, 'Check again'));
        assert.deepEqual([next.status, next.result.inserted], ['completed', 2]);
        const made = await full(await press(page, 'Import 2 rows', 'tasks'));
        assert.deepEqual([made.type, made.result.dry_run, made.result.inserted], ['quotes_import', false, 2]);
        const quotes = (await daemon.ask(`/api/quotes?party=${encodeURIComponent(code)}&kind=supplier&pn=ZZ-2-A`)).json.quotes;
        assert.match(quotes[0].price, /^1200(\.0+)?$/);
    });
    const dearer = csv(['Изделие №', 'Стоит'], ['ZZ-1-A', '690'], ['ZZ-2-A', '1250']);
    const columns = encodeURIComponent(JSON.stringify({ part_number: 'A', price: 'B' }));
    const second = await daemon.run(`/api/quotes/import?${query}&columns=${columns}`, dearer);
    assert.deepEqual([second.status, second.result.replaced], ['completed', 1]);
    await onPreview(second.id, async (page) => {
        await page.locator('.counts div', { hasText: /^replaced1$/ }).waitFor();
        await page.getByText('Quotes in place of others: 1').click();
        await page.getByRole('row', { name: /ZZ-2-A.*Price: 1,250\.00/ }).waitFor();
    });
    const body = csv(['Лот', 'Что это'], ['ZZ-NEW-1', 'Новый лот']);
    const table = await daemon.run('/api/catalog/components/import?dry_run=true', body, 'text/csv');
    await onPreview(table.id, async (page) => {
        await page.getByLabel('Field of column B').selectOption('name');
        const next = await full(await press(page, 'Check again'));
        assert.deepEqual([next.status, next.result.inserted], ['completed', 1]);
        await press(page, 'Import 1 row', 'tasks');
        await page.locator('.toast', { hasText: '1 row imported' }).waitFor();
        assert.equal((await daemon.ask('/api/components/ZZ-NEW-1')).json.name, 'Новый лот');
    });
});

test('what a check would change is shown row by row, old and new', opts, async () => {
    const base = csv(['Артикул', 'Количество'], ['ZZ-41-A', '5'], ['ZZ-42-A', '6']);
    await daemon.run('/api/stock/import?warehouse=REMOTE&mode=merge&filename=b.csv', base);
    const id = await checked(csv(['Артикул', 'Количество'], ['ZZ-41-A', '8'], ['ZZ-43-A', '1']), 'n.csv', 'warehouse=REMOTE&mode=merge');
    await onPreview(id, async (page) => {
        await page.getByText('Rows that change: 1').click();
        await page.getByRole('row', { name: /ZZ-41-A.*Quantity: 5 → 8/ }).waitFor();
        await page.getByText('New rows: 1').click();
        await page.getByRole('row', { name: /ZZ-43-A.*Quantity: 1/ }).waitFor();
    });
});

test('what somebody else imported in between is told, and nothing is written', opts, async () => {
    const rows = [
        ['Артикул', 'Количество'],
        ['ZZ-21-A', '5'],
    ];
    const id = await checked(csv(...rows), 'спор.csv', 'warehouse=MAIN&mode=merge');
    await daemon.run('/api/stock/import?warehouse=MAIN&mode=merge&filename=o.csv', csv(['Артикул', 'Количество'], ['ZZ-22-A', '1']));
    const before = (await daemon.ask('/api/stock/imports')).json.imports.length;
    await onPreview(id, async (page) => {
        page.expected = /409/;
        await page.getByRole('button', { name: 'Import 1 row' }).click();
        await page.getByText('Later imports exist').first().waitFor();
        assert.equal((await daemon.ask('/api/stock/imports')).json.imports.length, before);
    });
});

test('all of it by the keyboard alone, in Russian', opts, async () => {
    const id = await checked(csv(['Артикул', 'Количество'], ['ZZ-31-A', '5']), 'клавиши.csv', 'warehouse=MAIN&mode=merge');
    await onPreview(
        id,
        async (page) => {
            await page.getByRole('button', { name: 'Загрузить 1 строку' }).waitFor();
            await page.keyboard.press('Control+Enter');
            await page.waitForURL(/#\/tasks\//);
            assert.equal((await full(idOf(page))).result.inserted, 1);
        },
        { lang: 'ru' },
    );
});
