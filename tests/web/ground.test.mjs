/* The shell, the start page, tasks and notices in a real browser against a real daemon. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { accessFaults, faultsOf, newPage, settled, shot, tenTasks, tooWide } from './browser.mjs';
import { BUILD, DEMO, Daemon, pause } from './daemon.mjs';
import { api, browser, daemon, opts, stage } from './stage.mjs';

stage();

/** @param {object} options @param {(page: any) => Promise<void>} act */
async function onPage(options, act) {
    const page = await newPage(browser, options);
    try {
        await act(page);
        assert.deepEqual(faultsOf(page), []);
    } finally {
        await page.context().close();
    }
}

const stockFile = path.join(DEMO, 'stock.xlsx');
const toastOf = (page, words) => page.locator('.toast', { hasText: words });

test('every view in both languages and schemes, on a phone and a wide screen', opts, async () => {
    const task = (await daemon.ask('/api/tasks?type=stock_import')).json.tasks[0];
    const places = { start: '', tasks: 'tasks', task: `tasks/${task.id}`, settings: 'settings', missing: 'nowhere' };
    for (const [lang, scheme] of [
        ['en', 'light'],
        ['ru', 'dark'],
        ['ru', 'light'],
        ['en', 'dark'],
    ])
        for (const width of [390, 800, 1440])
            await onPage({ lang, scheme, width }, async (page) => {
                for (const [name, place] of Object.entries(places)) {
                    await page.goto(`${daemon.url}/#/${place}`);
                    await page.waitForSelector('main h1');
                    await settled(page);
                    await shot(page, `${name}-${lang}-${scheme}-${width}`);
                    assert.deepEqual(await tooWide(page), [], `${name} ${lang} ${width}`);
                    assert.equal(await page.getAttribute('html', 'lang'), lang);
                    if (width !== 800) assert.deepEqual(await accessFaults(page), [], `${name} ${lang} ${scheme} ${width}`);
                }
            });
});

test('a file is dropped, checked, imported, and told of once', opts, async () => {
    await onPage({}, async (page) => {
        await page.goto(`${daemon.url}/`);
        await page.setInputFiles('input[type=file]', { name: 'остатки 06.02.xlsx', mimeType: '', buffer: readFileSync(stockFile) });
        await page.getByLabel('Warehouse').selectOption('MAIN');
        await page.getByRole('button', { name: 'Check', exact: true }).click();
        await page.getByText('475 rows can be imported').first().waitFor();
        const before = (await daemon.ask('/api/stock/imports')).json.imports.length;
        await page.getByRole('button', { name: 'Import 475 rows' }).click();
        await toastOf(page, '475 of 484 rows imported').waitFor();
        const imports = (await daemon.ask('/api/stock/imports')).json.imports;
        assert.equal(imports.length, before + 1, 'the check wrote nothing, the import once');
        assert.ok(JSON.stringify(imports[0]).includes('остатки 06.02.xlsx'));
        await page.reload();
        await pause(1500);
        assert.equal(await page.locator('.toast').count(), 0, 'not twice');
        await page.getByRole('button', { name: /Notices/ }).click();
        await page.locator('.notices-list', { hasText: '475 of 484 rows imported' }).waitFor();
    });
});

test('a file of the same shape is known the next time', opts, async () => {
    await onPage({}, async (page) => {
        await page.goto(`${daemon.url}/`);
        const file = { mimeType: '', buffer: readFileSync(stockFile) };
        await page.setInputFiles('input[type=file]', { ...file, name: 'stock 1.xlsx' });
        await page.getByLabel('Warehouse').selectOption('MAIN');
        await page.getByRole('button', { name: 'Check', exact: true }).click();
        await page.getByRole('button', { name: 'Import 475 rows' }).waitFor();
        await page.setInputFiles('input[type=file]', { ...file, name: 'stock 22.xlsx' });
        await page.getByRole('button', { name: /all that are ready: 2/ }).waitFor();
        const link = page.getByRole('button', { name: 'Remove stock 1.xlsx from this page' });
        await link.click();
        assert.equal(await page.locator('.draft').count(), 1);
    });
});

test('a task that was started elsewhere moves on the page, and its end is no notice here', opts, async () => {
    await onPage({}, async (page) => {
        await page.goto(`${daemon.url}/#/tasks`);
        await page.waitForSelector('tbody tr');
        const { task_id: id } = (
            await daemon.ask('/api/prices/recalculate-all', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body: '{"as_of": "2026-02-04"}',
            })
        ).json;
        await page.locator(`tbody a[href="#/tasks/${id}"]`).waitFor({ timeout: 15000 });
        await pause(1200);
        assert.equal(await page.locator('.toast').count(), 0);
    });
});

test('tabs of states show what the API has, and a filter that matches nothing can be cleared', opts, async () => {
    const page = await newPage(browser);
    await page.goto(`${daemon.url}/#/tasks`);
    for (const [label, query] of [
        ['Waiting', 'state=waiting'],
        ['Running', 'state=running,interrupted'],
        ['Done', 'status=completed'],
        ['Failed or stopped', 'status=error'],
        ['All', ''],
    ]) {
        await page.click(`nav.tabs >> text="${label}"`);
        await page.locator(`nav.tabs [aria-current]:text-is("${label}")`).waitFor();
        const n = (await daemon.ask(`/api/tasks?limit=50&${query}`)).json.tasks.length;
        if (n) await page.waitForFunction((rows) => document.querySelectorAll('tbody tr').length === rows, n);
        else await page.locator('text=Nothing matches.').waitFor();
    }
    assert.deepEqual(faultsOf(page), []);
    await page.context().close();
});

test('a reload while a task runs, a killed daemon: the notice comes, once, in one of two tabs', opts, async () => {
    const own = await new Daemon().start();
    try {
        await own.loadCatalogue();
        const context = await browser.newContext({ locale: 'en-GB' });
        const [one, two] = [await context.newPage(), await context.newPage()];
        for (const page of [one, two]) await page.goto(`${own.url}/`);
        await one.evaluate(() =>
            fetch('api/prices/recalculate-all', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'from-the-page' },
                body: '{"as_of": "2026-02-05"}',
            })
                .then((answer) => answer.json())
                .then((said) => {
                    localStorage.setItem(
                        'pf.mine',
                        JSON.stringify({ [said.task_id]: { type: 'recalculate', label: '', started: Date.now() } }),
                    );
                }),
        );
        await own.stop('SIGKILL');
        await one.reload().catch(() => {});
        await own.start();
        await one.goto(`${own.url}/`);
        let shown = 0;
        for (let i = 0; i < 100 && shown === 0; i++) {
            await pause(200);
            shown = (await one.locator('.toast').count()) + (await two.locator('.toast').count());
        }
        await pause(3000);
        shown = (await one.locator('.toast').count()) + (await two.locator('.toast').count());
        assert.equal(shown, 1);
        await context.close();
    } finally {
        await own.end();
    }
});

test('polls: at most two a second, mostly 304, none when nothing runs', opts, async () => {
    await onPage({}, async (page) => {
        const asked = [];
        page.on('response', (answer) => answer.url().includes('/api/') && asked.push([Date.now(), answer.status(), answer.url()]));
        await page.goto(`${daemon.url}/#/settings`);
        await pause(3000);
        asked.length = 0;
        await pause(4000);
        assert.ok(asked.length <= 1, `nothing runs: ${asked.length}`);
        const stopped = daemon.pauseRunners();
        try {
            const ids = await page.evaluate(tenTasks);
            await pause(1500);
            asked.length = 0;
            await pause(5000);
            const polls = asked.filter(([, , url]) => url.includes('ids='));
            assert.ok(asked.length <= 11 && polls.length >= 7, `${asked.length} requests, ${polls.length} polls`);
            assert.ok(polls.filter(([, status]) => status === 304).length >= polls.length - 2, JSON.stringify(polls));
            assert.ok(
                ids.every((id) => polls[0][2].includes(id)),
                'one request for all',
            );
        } finally {
            daemon.resume(stopped);
        }
        for (let i = 0; i < 100 && (await page.evaluate(() => localStorage.getItem('pf.mine'))) !== '{}'; i++) await pause(200);
        assert.ok((await page.locator('.toast').count()) > 0);
        await page.evaluate(() => {
            localStorage.setItem(
                'pf.mine',
                JSON.stringify({ '00000000-0000-4000-8000-000000000000': { type: 'recalculate', label: '', started: Date.now() } }),
            );
            dispatchEvent(new StorageEvent('storage', { key: 'pf.mine' }));
        });
        await pause(2000);
        assert.deepEqual(await page.evaluate(() => localStorage.getItem('pf.mine')), '{}', 'tasks that are not known leave');
    });
});

test('keys: views by g and a letter, help by ?, not in a field', opts, async () => {
    await onPage({ lang: 'ru' }, async (page) => {
        await page.goto(`${daemon.url}/`);
        await page.waitForSelector('main h1');
        await page.keyboard.press('g');
        await page.keyboard.press('t');
        await page.waitForURL(/#\/tasks/);
        await page.keyboard.press('?');
        await page.locator('dialog[open] .keys').waitFor();
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('dialog[open]').count(), 0);
        await page.goto(`${daemon.url}/#/settings`);
        await page.getByLabel('Горячие клавиши').click();
        await page.locator('h1').click();
        await page.keyboard.press('g');
        await page.keyboard.press('s');
        await pause(300);
        assert.match(page.url(), /settings/);
    });
});

test('a hostile name is a text everywhere', opts, async () => {
    const name = `<img src=x onerror=alert(1)>\u202e"'&\u{1f600}${'ы'.repeat(160)}.xlsx`;
    await daemon.run(`/api/stock/import?warehouse=MAIN&dry_run=true&filename=${encodeURIComponent(name)}`, readFileSync(stockFile));
    for (const width of [390, 1440])
        await onPage({ width }, async (page) => {
            page.on('dialog', () => page.faults.push('a script ran'));
            for (const place of ['', 'tasks']) {
                await page.goto(`${daemon.url}/#/${place}`);
                await page.getByText('<img src=x').first().waitFor();
                assert.equal(await page.locator('img').count(), 0);
                assert.deepEqual(await tooWide(page), []);
            }
        });
});

test('a daemon that is away is said, and found again by itself', opts, async () => {
    const own = await new Daemon().start();
    try {
        await onPage({}, async (page) => {
            page.expected = /Failed to load resource|net::ERR/;
            await page.goto(`${own.url}/#/tasks`);
            await page.waitForLoadState('networkidle');
            await own.stop();
            await page.getByText('No connection to the server').waitFor({ timeout: 20000 });
            await own.start();
            await page.getByText('No connection to the server').waitFor({ state: 'hidden', timeout: 40000 });
        });
    } finally {
        await own.end();
    }
});

test('a token is asked for, kept out of addresses, and forgotten with the tab', opts, async () => {
    const place = new Daemon();
    const tokens = path.join(place.place, 'tokens');
    const made = execFileSync(path.join(BUILD, 'priceforge'), ['token', 'add', '-f', tokens, '-s', 'read,start', 'olga'], {
        encoding: 'utf8',
    });
    const secret = /\bpf_\S+/.exec(made)?.[0] ?? made.trim().split(/\s+/).pop();
    chmodSync(tokens, 0o644);
    place.options['auth.tokens_file'] = tokens;
    await place.start();
    try {
        await onPage({}, async (page) => {
            page.expected = /401/;
            const seen = [];
            page.on('request', (request) => seen.push(request.url()));
            await page.goto(`${place.url}/`);
            await page.locator('dialog[open] input').first().fill(secret);
            await page.getByRole('button', { name: 'Continue' }).click();
            await page.getByText('Drop files here').waitFor();
            await page.locator('dialog[open]').waitFor({ state: 'detached' });
            assert.ok(!seen.some((url) => url.includes(secret)));
            assert.equal(
                await page.evaluate(
                    (s) => JSON.stringify({ ...localStorage }).includes(s) || JSON.stringify({ ...sessionStorage }).includes(s),
                    secret,
                ),
                false,
            );
        });
    } finally {
        await place.end();
    }
});
