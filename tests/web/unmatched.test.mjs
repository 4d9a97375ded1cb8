/* Unmatched numbers: one click, one key, a hundred in a row, undo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from './browser.mjs';
import { api, daemon, open as openAt, opts, sound, stage } from './stage.mjs';

const MANY = 110;
const HOSTILE = `<img src=x onerror=alert(1)> \u202eretsaM 😀 ${'ы'.repeat(180)}`;

const waiting = async (query = '') => (await api(`/api/stock/unmatched?limit=200${query}`)).unmatched;
/** @param {string} warehouse @param {string[]} rows */
const stock = (warehouse, rows) =>
    daemon.run(
        `/api/stock/import?warehouse=${warehouse}&mode=merge&filename=near.csv`,
        Buffer.from(['Артикул;Производитель;Наименование;Количество', ...rows].join('\n')),
        'text/csv',
    );

/** @param {string} hash @param {object} [options] */
const open = (hash, options) => openAt(hash, options, '.match-number, .match .empty');
/** @param {any} page */
const now = (page) => page.textContent('.match-number');
/** Do it, and wait until another number is on top. @param {any} page @param {() => Promise<void>} act */
async function moved(page, act) {
    const before = await now(page);
    await act();
    await page.waitForFunction((old) => document.querySelector('.match-number')?.textContent !== old, before);
}

stage(async () => {
    const all = Array.from({ length: MANY }, (_, i) => 1000 + i);
    const known = ['vendor,part_number,lot_code', ...all.map((n) => `Test,ZZ-O-${n},SSD-1T92-SATA-RI`)].join('\n');
    await daemon.run('/api/catalog/part_numbers/import', Buffer.from(known), 'text/csv');
    await stock(
        'REMOTE',
        all.map((n) => `ZZ-0-${n};Test;Диск ${n};${n}`),
    );
});

test('a hundred numbers by one key each, the last one taken back', opts, async () => {
    const page = await open('#/unmatched?wh=REMOTE');
    const all = await waiting('&warehouse=REMOTE');
    assert.equal(all.length, MANY);
    assert.equal(await now(page), all[0].part_number);
    await sound(page, 'unmatched-en-light-1440');
    for (let i = 0; i < 100; i++) await moved(page, () => page.keyboard.press('1'));
    assert.equal((await waiting('&warehouse=REMOTE')).length, MANY - 100);
    const [item] = (await api('/api/stock?pn=ZZ-0-1000')).stock;
    assert.equal(item.lot_code, 'SSD-1T92-SATA-RI');
    assert.match(await page.textContent('main'), /left: 10, done: 100/);
    await moved(page, () => page.keyboard.press('u'));
    assert.equal(await now(page), 'ZZ-0-1099');
    assert.equal((await waiting('&warehouse=REMOTE'))[0].part_number, 'ZZ-0-1099');
    assert.equal((await api('/api/stock?pn=ZZ-0-1099')).stock[0].lot_code, null);
    assert.equal((await api('/api/part-numbers?q=ZZ0&limit=200')).part_numbers.length, 99);
    await moved(page, () => page.keyboard.press('s'));
    assert.equal(await now(page), 'ZZ-0-1100');
    await page.keyboard.press('Tab');
    await moved(page, () => page.click('.match-choice'));
    assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('match-choice')), 'the focus stays with the choices');
    for (let i = 0; i < 9; i++) await moved(page, () => page.keyboard.press('1'));
    assert.equal(await now(page), 'ZZ-0-1099', 'what was skipped comes again');
    await page.keyboard.press('1');
    await page.waitForSelector('text="Nothing is unmatched in this warehouse."');
    assert.deepEqual(await waiting('&warehouse=REMOTE'), []);
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('another lot by its name, with lots in a number; and undo by its button', opts, async () => {
    const page = await open('#/unmatched?wh=MAIN');
    const [first] = await waiting('&warehouse=MAIN');
    await page.fill('.match-other input >> nth=1', '2');
    await page.focus('h1');
    await page.keyboard.press('/');
    await page.keyboard.type('xeon that is not there');
    await page.waitForSelector('[role=option] >> text="Nothing matches."');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('kelvar 24');
    await page.waitForSelector('[role=option] >> text="CPU-KLV-24C-185W"');
    await page.keyboard.press('ArrowDown');
    await moved(page, () => page.keyboard.press('Enter'));
    const [written] = (await api(`/api/part-numbers?q=${first.pn_norm}`)).part_numbers;
    assert.match(written.lot_code, /^CPU-KLV-24C/);
    assert.deepEqual([written.lot_qty, written.vendor_norm], ['2.000', first.vendors[0]]);
    assert.equal(await page.inputValue('.match-other input >> nth=1'), '1', 'the next number begins anew');
    await page.click('.match-done button');
    await page.waitForFunction((number) => document.querySelector('.match-number')?.textContent === number, first.part_number);
    assert.equal((await waiting('&warehouse=MAIN'))[0].part_number, first.part_number);
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('hostile names are texts; Russian on a phone; single keys can be switched off', opts, async () => {
    await stock('REMOTE', [`"${HOSTILE.slice(0, 60)}";"<b>Acme</b>";"${HOSTILE}";1`, `NUM-\u202e1;;${'x'.repeat(255)};2`]);
    const page = await open('#/unmatched?wh=REMOTE', { lang: 'ru', width: 390, scheme: 'dark' });
    await sound(page, 'unmatched-ru-dark-390');
    await moved(page, () => page.click('text="Пропустить"'));
    await sound(page, 'unmatched-hostile-390');
    await page.evaluate(() => localStorage.setItem('pf.settings', JSON.stringify({ singleKeys: false })));
    await page.reload();
    await page.waitForSelector('.match-number');
    const before = await now(page);
    await page.keyboard.press('s');
    await page.waitForTimeout(200);
    assert.equal(await now(page), before);
    const wide = await open('#/unmatched?wh=REMOTE');
    await sound(wide, 'unmatched-hostile-1440');
    await Promise.all([page.close(), wide.close()]);
});

test('a refusal is shown and nothing is lost', opts, async () => {
    const page = await open('#/unmatched?wh=MAIN');
    page.expected = /status of 503/;
    const before = await now(page);
    await page.route('**/api/part-numbers', (route) =>
        route.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            body: '{"type": "/problems/database-unavailable", "title": "x"}',
        }),
    );
    await page.keyboard.press('/');
    await page.keyboard.type('CPU-KLV-8C-150W');
    await page.waitForSelector('[role=option]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    assert.equal(await now(page), before);
    await page.unroute('**/api/part-numbers');
    await moved(page, () => page.click('text="Try again"'));
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});
