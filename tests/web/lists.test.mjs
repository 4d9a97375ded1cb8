/* Price lists: create, compare, files, archive; keyboard alone; both languages; hostile notes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { accessFaults, faultsOf, newPage, shot, tooWide } from './browser.mjs';
import { BUILD, DEMO, Daemon, pause } from './daemon.mjs';
import { api, at, browser, daemon, opts, sound, stage } from './stage.mjs';

stage();

const HOSTILE = '<img src=x onerror=alert(1)> \u202egnp.exe 😀';
const LONG = 'W'.repeat(255);

const list = async (id) => (await daemon.ask(`/api/pricelists/${id}`)).json;
const all = async (query = '') => (await daemon.ask(`/api/pricelists?${query}`)).json.pricelists;

test('the lists are shown as the API has them, newest first', opts, () =>
    at('lists', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        const shown = await page.$$eval('tbody tr', (rows) => rows.map((row) => row.querySelector('a').textContent));
        assert.deepEqual(
            shown,
            (await all()).map((one) => one.version),
        );
        await page.click('nav.tabs >> text=From stock');
        await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
        assert.match(page.url(), /source=warehouse/);
        assert.match(await page.textContent('tbody tr'), /From stock.*RUB.*174/s);
    }),
);

test('lists are searched by their note, the items of a list by code, name and number', opts, async () => {
    await at('lists', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        await page.getByRole('searchbox', { name: 'Version, note' }).fill('DEMO');
        await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
        assert.match(page.url(), /q=DEMO/);
        assert.match(await page.textContent('tbody tr'), /demo: 5 % on top/);
        await page.reload();
        await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    });
    await at('lists/3', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        const wanted = (await daemon.ask('/api/pricelists/3/items?limit=200&q=cpu')).json.items;
        await page.getByRole('searchbox', { name: 'Lot, name or part number' }).fill('cpu');
        await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length === n, wanted.length);
        assert.equal(await page.textContent('tbody tr a'), wanted[0].lot_code);
    });
});

test('two ticked lists are compared, the older one first; a third tick lets the first go', opts, () =>
    at('lists', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        const boxes = page.locator('tbody input[type=checkbox]');
        for (const i of [0, 2, 3]) await boxes.nth(i).check();
        assert.deepEqual(
            [await boxes.nth(0).isChecked(), await boxes.nth(2).isChecked(), await boxes.nth(3).isChecked()],
            [false, true, true],
        );
        await shot(page, 'lists-ticked-en');
        await page.click('text=Compare 2');
        await page.waitForSelector('.histogram');
        assert.match(page.url(), /#\/lists\/1\/diff\/2$/);
    }),
);

test('the comparison says what the API says; bars and states filter it and stay in the path', opts, () =>
    at('lists/1/diff/2', {}, async (page) => {
        const diff = (await daemon.ask('/api/pricelists/1/diff/2')).json;
        await page.waitForSelector('tbody tr');
        assert.equal(await page.locator('tbody tr').count(), Math.min(200, diff.rows.length));
        const first = diff.rows[0];
        const cells = await page.$$eval('tbody tr:first-child > *', (found) => found.map((cell) => cell.textContent));
        assert.equal(cells[0], first.lot_code);
        assert.equal(cells[1], first.name);
        assert.match(cells[5], /−4\.76/);
        const bars = await page.$$eval('.hist-bar .spoken', (found) => found.map((one) => one.textContent));
        assert.ok(bars.includes(`from −5.50 to −4.50 %: ${diff.summary.down}`), bars.join('; '));
        await page.locator('.hist-bar', { hasText: '−5.50 to −4.50' }).click();
        assert.match(page.url(), /change=-5/);
        assert.match(await page.textContent('.filter-said'), /181 \(from −5\.50/);
        await page.click('.filters >> text=added');
        await page.waitForSelector('text=Nothing matches.');
        await page.reload();
        await page.waitForSelector('text=Nothing matches.');
        await page.click('text=Clear filters');
        await page.waitForSelector('tbody tr');
        await shot(page, 'diff-en');
    }),
);

test('the histogram is one stop of Tab and is walked by arrows', opts, () =>
    at('lists/1/diff/2', {}, async (page) => {
        await page.waitForSelector('.hist-bar');
        assert.equal(await page.locator('.hist-bar[tabindex="0"]').count(), 1);
        await page.locator('.hist-bar[tabindex="0"]').focus();
        await page.keyboard.press('Home');
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('.hist-bar[aria-pressed="true"] .spoken').textContent(), 'from −5.50 to −4.50 %: 181');
    }),
);

test('lists of two currencies are refused in words', opts, async () => {
    const usd = await daemon.run('/api/pricelists', { source: 'estimate', as_of: '2026-02-05', currency: 'USD' });
    await at('lists', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        await page.locator('tbody input[type=checkbox]').nth(0).check();
        await page.locator('tbody input[type=checkbox]').nth(1).check();
        await page.waitForSelector('text=Lists of two currencies cannot be compared.');
        assert.equal(await page.locator('text=Compare 2').count(), 0);
    });
    await at(`lists/1/diff/${usd.result.pricelist_id}`, {}, async (page) => {
        page.expected = /status of 409/;
        await page.waitForSelector('.problem');
        assert.match(await page.textContent('.problem'), /USD/);
    });
});

test('a new list by keyboard alone, and its workbook', opts, () =>
    at('lists', { more: { acceptDownloads: true } }, async (page) => {
        await page.waitForSelector('tbody tr');
        await page.keyboard.press('n');
        await page.waitForSelector('h1:has-text("New price list")');
        await page.fill('label:has-text("As of") + input', '2026-02-05');
        await page.fill('label:has-text("Note") + input', HOSTILE);
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('text=.csv');
        const id = /lists\/(\d+)$/.exec(page.url())[1];
        const made = await list(id);
        assert.deepEqual([made.source, made.as_of, made.note], ['estimate', '2026-02-05', HOSTILE]);
        assert.match(await page.textContent('.facts'), /<img src=x onerror=alert\(1\)> ‹RLO›gnp\.exe 😀/);
        await page.locator('h1').focus();
        const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('x')]);
        assert.match(file.suggestedFilename(), /^pricelist-estimate-.*\.xlsx$/);
        assert.equal(
            readFileSync(await file.path())
                .subarray(0, 2)
                .toString(),
            'PK',
        );
    }),
);

test('one list from each source, with a parameter of its own', opts, () =>
    at('lists/new', {}, async (page) => {
        for (const [source, label] of [
            ['warehouse', 'From stock'],
            ['competitor', 'Competitors'],
        ]) {
            await page.goto(`${daemon.url}/#/lists/new`);
            await page.reload();
            await page.check(`input[value=${source}]`);
            await page.fill('label:has-text("As of") + input', '2026-02-05');
            await page.click('summary');
            await page.fill('label:has-text("Coefficient") + input', '1,5');
            assert.match(await page.textContent('summary'), /changed: 1/);
            await page.click('text=Create');
            await page.waitForSelector('text=.csv');
            const made = await list(/lists\/(\d+)$/.exec(page.url())[1]);
            assert.deepEqual([made.source, made.params.coefficient.slice(0, 3)], [source, '1.5']);
            assert.match(await page.textContent('h1'), new RegExp(label));
        }
    }),
);

test('a number with two readings is asked for, a wrong one is told at its field', opts, () =>
    at('lists/new', {}, async (page) => {
        await page.click('summary');
        const field = page.locator('.field', { has: page.locator('label:has-text("Coefficient")') });
        await field.locator('input').fill('1,234');
        await page.click('text=Create');
        assert.match(await field.textContent(), /two ways/);
        await field.getByRole('button', { name: '1.234' }).click();
        assert.equal(await field.locator('input').inputValue(), '1.234');
        await field.locator('input').fill('abc');
        await page.click('text=Create');
        assert.match(await field.textContent(), /A number is needed/);
        await field.locator('input').fill('0');
        page.expected = /status of 422/;
        await page.click('text=Create');
        await page.waitForSelector('.problem');
        assert.equal(await field.locator('input').getAttribute('aria-invalid'), 'true');
        assert.equal(await field.locator('input').inputValue(), '0');
    }),
);

test('with a token files are fetched with it, and no address has it', opts, async () => {
    const own = new Daemon();
    const tokens = path.join(own.place, 'tokens');
    const made = execFileSync(path.join(BUILD, 'priceforge'), ['token', 'add', '-f', tokens, '-s', 'read,start,edit', 'olga'], {
        encoding: 'utf8',
    });
    const secret = /\bpf_\S+/.exec(made)?.[0] ?? made.trim().split(/\s+/).pop();
    chmodSync(tokens, 0o644);
    own.options['auth.tokens_file'] = tokens;
    await own.start();
    try {
        const page = await newPage(browser, { more: { acceptDownloads: true } });
        page.expected = /401/;
        const seen = [];
        page.on('request', (request) => seen.push(request.url()));
        await page.goto(`${own.url}/#/lists/new`);
        await page.locator('dialog[open] input').first().fill(secret);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.locator('dialog[open]').waitFor({ state: 'detached' });
        await page.click('summary');
        await page.locator('label:text-is("Even if empty") + input').check();
        await page.click('text=Create');
        await page.waitForSelector('button:text-is(".xlsx")');
        const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:text-is(".xlsx")')]);
        assert.match(file.suggestedFilename(), /^pricelist-estimate-.*\.xlsx$/);
        assert.equal(
            readFileSync(await file.path())
                .subarray(0, 2)
                .toString(),
            'PK',
        );
        assert.ok(!seen.some((url) => url.includes(secret)));
        assert.deepEqual(faultsOf(page), []);
        await page.context().close();
    } finally {
        await own.end();
    }
});

test('a list is put into the archive and taken out again', opts, () =>
    at('lists/4', {}, async (page) => {
        await page.click('text=Archive');
        await page.click('text=Take out of the archive');
        await page.waitForSelector('button:text-is("Archive")');
        assert.equal((await list(4)).archived_at, null);
        await page.click('text=Archive');
        await page.waitForSelector('text=Take out of the archive');
        assert.ok((await list(4)).archived_at);
        await page.goto(`${daemon.url}/#/lists`);
        await page.waitForSelector('tbody tr');
        const ids = async () => page.$$eval('tbody a[href^="#/lists/"]', (links) => links.map((a) => a.getAttribute('href')));
        assert.ok(!(await ids()).includes('#/lists/4'));
        await page.getByRole('checkbox', { name: 'Archived ones too' }).check();
        await page.waitForSelector('a[href="#/lists/4"]');
        assert.equal((await all('archived=all')).length, new Set((await ids()).filter((href) => /lists\/\d+$/.test(href))).size);
        await page
            .locator('tr', { has: page.locator('a[href="#/lists/4"]') })
            .getByRole('button', { name: /More/ })
            .click();
        await page.click('dialog >> text=Take out of the archive');
        await page.waitForFunction(() => !document.querySelector('dialog'));
        assert.equal((await list(4)).archived_at, null);
    }),
);

test('paper has all items, not the page that is loaded', opts, () =>
    at('lists/1', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        await page.evaluate(() => {
            window.print = () => (document.body.dataset.printed = String(document.querySelectorAll('tbody tr').length));
        });
        await page.click('text=Print');
        await page.waitForSelector('body[data-printed]', { state: 'attached' });
        assert.equal(await page.getAttribute('body', 'data-printed'), String((await list(1)).items));
        await page.emulateMedia({ media: 'print' });
        assert.equal(await page.locator('.rail').isVisible(), false);
        assert.equal(await page.locator('.button').first().isVisible(), false);
        await shot(page, 'list-print');
    }),
);

test('a list that is not there says so', opts, () =>
    at('lists/999', {}, async (page) => {
        page.expected = /status of 404/;
        await page.waitForSelector('.problem');
        assert.match(await page.textContent('main'), /Not found/);
    }),
);

for (const [lang, width, scheme] of [
    ['en', 1440, 'light'],
    ['en', 390, 'dark'],
    ['ru', 1440, 'dark'],
    ['ru', 390, 'light'],
])
    test(`the views of lists are sound and fit: ${lang}, ${width}, ${scheme}`, opts, async () => {
        await daemon.run('/api/pricelists', { source: 'warehouse', as_of: '2026-02-05', note: LONG });
        for (const hash of ['lists?archived=all', 'lists/new', 'lists/3', 'lists/1/diff/2'])
            await at(hash, { lang, width, scheme }, async (page) => {
                await pause(500);
                if (hash === 'lists/new') await page.click('summary');
                await shot(page, `${hash.replace(/\W+/g, '-')}-${lang}-${width}-${scheme}`);
                assert.deepEqual(await accessFaults(page), []);
                assert.deepEqual(await tooWide(page), []);
                if (lang === 'ru') assert.doesNotMatch(await page.textContent('main h1, main .filters'), /[A-Za-z]{5}/);
            });
    });
