/* Stock by warehouse, the history of imports, and taking them back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFaults, faultsOf, newPage } from './browser.mjs';
import { api, browser, daemon, open as openAt, opts, sound, stage } from './stage.mjs';

const HOSTILE = `<img src=x onerror=alert(1)> \u202eretsaM 😀 ${'ы'.repeat(150)}`;
const FILE = `${'очень длинное имя '.repeat(6)}<b>\u202exslx.csv`;

/** @param {string} file @param {string} mode @param {string[]} rows */
const stock = (file, mode, rows) =>
    daemon.run(
        `/api/stock/import?warehouse=REMOTE&mode=${mode}&max_delete_pct=100&filename=${encodeURIComponent(file)}`,
        Buffer.from(['Артикул;Производитель;Наименование;Количество', ...rows].join('\n')),
        'text/csv',
    );
/** @param {string} price */
const quotes = (price) =>
    daemon.run(
        '/api/quotes/import?party=SUP-01&vat_included=false&filename=prices.csv',
        Buffer.from(`Артикул;Наименование;Цена;Валюта\nKLV-A302-X99;Процессор;${price};RUB\n`),
        'text/csv',
    );

/** @param {string} hash @param {object} [options] */
const open = (hash, options) => openAt(hash, options, 'tbody tr, .facts, main .empty');
/** @param {any} page @param {number} n */
const rowsAre = (page, n) => page.waitForFunction((want) => document.querySelectorAll('tbody tr').length === want, n);

stage(async () => {
    await stock('first.csv', 'replace', ['KLV-A302-X99;Kelvar;Процессор;5', 'NOBODY-1;;Неизвестное;3']);
    await stock(FILE, 'merge', [`KLV-A302-X99;Kelvar;Процессор;7`, `NUM-\u202e1;<i>;"${HOSTILE}";2`]);
    await quotes('51000');
    await quotes('52000');
});

test('the stock of a warehouse, its age, and what is looked for in it', opts, async () => {
    const page = await open('#/stock');
    const first = await api('/api/stock?warehouse=MAIN&limit=200');
    await rowsAre(page, first.stock.length);
    assert.match(await page.textContent('main'), /as of 5 Feb 2026 \((\d+ days ago|yesterday|today)\), import 1/);
    await page.click('text="Load more"');
    const second = await api(`/api/stock?warehouse=MAIN&limit=200&cursor=${first.next_cursor}`);
    const all = [...first.stock, ...second.stock];
    await rowsAre(page, all.length);
    assert.deepEqual(
        (await page.locator('tbody tr').allInnerTexts()).map((text) => text.split(/\s/)[0]),
        all.map((row) => row.part_number.split(/\s/)[0]),
    );
    await sound(page, 'stock-en-light-1440');
    await page.fill('input[name=q]', 'avt-');
    const some = all.filter((row) => row.pn_norm.startsWith('AVT'));
    await rowsAre(page, some.length);
    assert.match(await page.evaluate(() => location.hash), /q=avt-/);
    await page.reload();
    await rowsAre(page, some.length);
    await page.fill('.stock-lot input', 'gpu 24');
    await page.waitForSelector('[role=option] >> text="GPU-24G"');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await rowsAre(page, all.filter((row) => row.lot_code === 'GPU-24G').length);
    await page.click('[aria-label="All lots"]');
    await page.check('input[type=checkbox]');
    const unmatched = (await api('/api/stock/unmatched?warehouse=MAIN&limit=200')).unmatched;
    await rowsAre(page, unmatched.length);
    await sound(page, 'stock-unmatched-en-light-1440');
    await page.click('text="Match them"');
    await page.waitForFunction(() => location.hash === '#/unmatched?wh=MAIN');
    const small = await open('#/stock?wh=REMOTE', { lang: 'ru', width: 390, scheme: 'dark' });
    await rowsAre(small, 3);
    await sound(small, 'stock-ru-dark-390');
    await Promise.all([page.close(), small.close()]);
});

test('history: what each import did; the latest is taken back and made again', opts, async () => {
    const page = await open('#/stock/imports?wh=REMOTE');
    const [last, before] = (await api('/api/stock/imports?warehouse=REMOTE')).imports;
    await rowsAre(page, 2);
    const texts = await page.locator('tbody tr').allInnerTexts();
    assert.match(texts[0], /latest/);
    assert.match(texts[1], /later ones exist/);
    assert.equal(await page.locator('tbody .button').count(), 1, 'only the latest can be taken back');
    await sound(page, 'imports-en-light-1440');
    await page.click(`[aria-label="Undo: import ${last.id}"]`);
    assert.match(
        await page.textContent('dialog'),
        new RegExp(`Added rows go \\(${last.inserted}\\), changed ones get their old values \\(${last.updated}\\)`),
    );
    assert.deepEqual(await accessFaults(page), []);
    await page.click('text="Yes, undo it"');
    await rowsAre(page, 3);
    assert.deepEqual(
        (await api('/api/stock?warehouse=REMOTE')).stock.map((row) => [row.part_number, row.qty]),
        [
            ['KLV-A302-X99', '5.000'],
            ['NOBODY-1', '3.000'],
        ],
    );
    const after = await page.locator('tbody tr').allInnerTexts();
    assert.match(after[0], /Undo of an import: import/);
    assert.match(after[1], /undone/);
    assert.match(after[2], /latest/, 'the one before can be undone now');
    await page.click('text="Make it again"');
    await page.click('text="Yes, make it again"');
    await rowsAre(page, 4);
    assert.equal((await api('/api/stock?warehouse=REMOTE')).stock.length, 3);
    await page.click(`a:text("import ${last.id}")`);
    await page.waitForSelector('.facts');
    await sound(page, 'import-one-en-light-1440');
    assert.match(await page.textContent('main'), /undone/);
    await page.goto(`${daemon.url}/#/stock/imports/${before.id}`);
    await page.waitForFunction((id) => document.querySelector('h1')?.textContent === `Import ${id}`, before.id);
    await page.click('text="Show the later ones"');
    await rowsAre(page, 4);
    assert.deepEqual(faultsOf(page), []);
    const small = await open(`#/stock/imports/${last.id}`, { lang: 'ru', width: 390, scheme: 'dark' });
    await sound(small, 'import-one-ru-dark-390');
    const list = await open('#/stock/imports', { lang: 'ru', width: 390 });
    await sound(list, 'imports-ru-light-390');
    await Promise.all([page.close(), small.close(), list.close()]);
});

test('quotes have a history too; a file that was undone meanwhile is told so', opts, async () => {
    const page = await open('#/stock/imports/quotes');
    page.expected = /status of 409/;
    await rowsAre(page, 2);
    const [last, before] = (await api('/api/quotes/imports')).imports;
    await page.click(`[aria-label="Undo: import ${last.id}"]`);
    await daemon.run(`/api/quotes/imports/${last.id}/undo`, {});
    await page.click('text="Yes, undo it"');
    await page.waitForSelector('.problem');
    await sound(page, 'imports-quotes-en-light-1440');
    await page.reload();
    await rowsAre(page, 3);
    await page.click(`[aria-label="Undo: import ${before.id}"]`);
    await page.keyboard.press('Tab');
    await page.click('text="Yes, undo it"');
    await rowsAre(page, 4);
    assert.equal((await api(`/api/quotes/imports/${before.id}`)).undo_refused, 'undone');
    await page.selectOption('.filters select', 'SUP-02');
    await page.waitForSelector('text="Nothing matches."');
    await page.click('text="Clear filters"');
    await rowsAre(page, 4);
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('an import that is not there is said so', opts, async () => {
    const page = await newPage(browser, { lang: 'ru' });
    page.expected = /status of 404/;
    await page.goto(`${daemon.url}/#/stock/imports/999999`);
    await page.waitForSelector('.problem');
    await sound(page, 'import-missing-ru-light-1440');
    await page.close();
});
