/* Recalculation: the trial, its histogram and movers against the API, then the run itself; keyboard alone; both languages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessFaults, shot, tooWide } from './browser.mjs';
import { pause } from './daemon.mjs';
import { api, at, daemon, opts, sound, stage } from './stage.mjs';

stage();

const taskOf = async (page) => (await daemon.ask(`/api/tasks/${/recalculate\/([0-9a-f-]+)/.exec(page.url())[1]}?view=full`)).json;
const field = (page, label) => page.locator('.field', { has: page.locator(`label:text-is("${label}")`) }).locator('input, select');

/** Settings of a trial that holds three prices back. */
async function fillMedian(page) {
    await field(page, 'As of').fill('2026-02-05');
    await field(page, 'Method').selectOption('median');
    await page.click('summary');
    await field(page, 'Hold changes above, %').fill('5');
}

test('every parameter of the API has a field with its default', opts, () =>
    at('recalculate', {}, async (page) => {
        const schema = (await daemon.ask('/api/openapi.json')).json.components.schemas.recalculate_params.properties;
        await page.click('summary');
        const fields = await page.locator('.param-form .field').count();
        assert.equal(fields, Object.keys(schema).filter((name) => !['dry_run', 'quotes_of'].includes(name)).length); // those belong to the trial
        assert.equal(await field(page, 'Window, days').inputValue(), String(schema.window_days.default));
        assert.equal(await field(page, 'Method').inputValue(), schema.method.default);
        for (const help of await page.locator('.param-form .field-help').allTextContents()) assert.ok(help.length > 5);
    }),
);

test('a trial, its numbers, and then the run that holds prices back', opts, () =>
    at('recalculate', {}, async (page) => {
        await page.waitForSelector('text=Try it');
        await fillMedian(page);
        await page.click('text=Try it');
        await page.waitForSelector('.histogram');
        const trial = await taskOf(page);
        const r = trial.result;
        assert.deepEqual([trial.params.method, trial.params.dry_run, r.as_of, r.held], ['median', true, '2026-02-05', 3]);
        const shown = await page.locator('.counts dd').allTextContents();
        assert.deepEqual(shown.slice(0, 6), [r.updated, r.price_up, r.price_down, r.unchanged, r.no_quotes, r.held].map(String));
        const bars = await page.locator('.hist-n').allTextContents();
        assert.deepEqual(
            bars,
            r.histogram.map((bar) => (bar.n ? String(bar.n) : '')),
        );
        assert.equal(bars.length, 21);
        const rows = await page.locator('tbody tr').count();
        assert.equal(rows, r.changes.up.length + r.changes.down.length);
        assert.match(await page.locator('tbody tr').first().textContent(), new RegExp(`${r.changes.down[0].lot_code}.*On hold`));
        await page.locator('.hist-bar').first().click();
        assert.equal(await page.locator('tbody tr').count(), r.histogram[0].n);
        await shot(page, 'recalculate-filtered');
        await page.locator('.hist-bar').first().click();
        assert.equal(await page.locator('tbody tr').count(), rows);
        const before = (await daemon.ask(`/api/components/${r.max_up.lot_code}`)).json.price;
        assert.equal(before, r.max_up.old);
        await page.check('text=Estimate');
        await page.click('text=Recalculate now');
        await page.waitForSelector('text=Recalculated');
        const run = await taskOf(page);
        assert.deepEqual([run.params.dry_run, run.params.method, run.result.held], [false, 'median', 3]);
        assert.equal((await daemon.ask(`/api/components/${r.max_up.lot_code}`)).json.price, r.max_up.new);
        assert.deepEqual(
            run.chain.map((one) => one.type),
            ['recalculate', 'pricelist_create'],
        );
        assert.equal(await page.locator('a:has-text("Decide on hold: 3")').getAttribute('href'), `#/held?run=${run.id}`);
        assert.equal((await page.locator('.toast').count()) > 0, true);
    }),
);

test('what is changed after a trial must be tried again', opts, () =>
    at('recalculate', {}, async (page) => {
        await page.waitForSelector('text=Try it');
        await field(page, 'As of').fill('2026-02-05');
        await page.click('text=Try it');
        await page.waitForSelector('text=Recalculate now');
        await field(page, 'Window, days').fill('30');
        await page.waitForSelector('text=The settings differ');
        assert.equal(await page.locator('text=Recalculate now').count(), 0);
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('text=Recalculate now');
        assert.equal((await taskOf(page)).params.window_days, 30);
        await page.reload();
        await page.waitForSelector('text=Recalculate now');
        assert.equal(await field(page, 'Window, days').inputValue(), '30');
    }),
);

test('keys alone: g r, Ctrl Enter twice', opts, () =>
    at('', {}, async (page) => {
        await page.keyboard.press('g');
        await page.keyboard.press('r');
        await page.waitForSelector('text=Try it');
        await field(page, 'As of').fill('2026-02-05');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('.histogram');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('text=Recalculated');
        assert.equal((await taskOf(page)).params.dry_run, false);
    }),
);

test('all changes as a file for Excel', opts, () =>
    at('recalculate', { lang: 'ru', more: { acceptDownloads: true } }, async (page) => {
        await page.waitForSelector('text=Пробный расчёт');
        await field(page, 'На дату').fill('2026-02-05');
        await field(page, 'Способ расчёта').selectOption('min');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('.histogram');
        const r = (await taskOf(page)).result;
        const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Все изменения .csv')]);
        const lines = readFileSync(await file.path(), 'utf8')
            .trimEnd()
            .split('\r\n');
        assert.match(lines[0], /^\ufeffЛот;Наименование;/);
        const top = r.changes.down[0];
        const line = lines.find((one) => one.startsWith(`${top.lot_code};`));
        for (const value of [top.old, top.new, top.pct]) assert.ok(line.includes(value.replace('.', ',')), line);
        assert.ok(lines.length > r.updated);
    }),
);

test('faults of the API stand at their fields and what was typed stays', opts, () =>
    at('recalculate', {}, async (page) => {
        page.expected = /status of 422/;
        await page.click('summary');
        await field(page, 'Weight halves in, days').fill('999');
        await page.locator('label:text-is("Lots") + textarea').fill('NO-SUCH-LOT\n<img src=x onerror=alert(1)>');
        await page.click('text=Try it');
        await page.waitForSelector('.problem');
        assert.equal(await field(page, 'Weight halves in, days').getAttribute('aria-invalid'), 'true');
        assert.equal(await field(page, 'Weight halves in, days').inputValue(), '999');
        assert.match(await page.textContent('.problem'), /Weight halves in, days/);
        await shot(page, 'recalculate-faults');
        await page.getByRole('button', { name: 'Go there' }).first().click();
        assert.equal(await field(page, 'Weight halves in, days').evaluate((el) => el === document.activeElement), true);
        assert.deepEqual(await accessFaults(page), []);
    }),
);

test('a busy server is said with the wait, and the start is repeated with its key', opts, () =>
    at('recalculate', {}, async (page) => {
        page.expected = /status of 503/;
        const keys = [];
        await page.route('**/api/prices/recalculate-all', async (route) => {
            keys.push(route.request().headers()['idempotency-key']);
            if (keys.length > 1) return route.continue();
            const json = { type: '/problems/queue-full', title: 'Queue full', status: 503, detail: 'the queue is full' };
            await route.fulfill({ status: 503, headers: { 'Retry-After': '2', 'Content-Type': 'application/problem+json' }, json });
        });
        await field(page, 'As of').fill('2026-02-05');
        await page.click('text=Try it');
        await page.waitForSelector('text=The server is busy; next try in 2 s');
        await page.waitForSelector('text=Recalculate now', { timeout: 10000 });
        assert.equal(new Set(keys).size, 1);
    }),
);

test('a task that is no recalculation, or is not there, says so', opts, async () => {
    await at('recalculate/00000000-0000-4000-8000-000000000000', {}, async (page) => {
        page.expected = /status of 404/;
        await page.waitForSelector('.problem');
    });
    const list = (await daemon.ask('/api/tasks?type=pricelist_create&limit=1')).json.tasks[0];
    await at(`recalculate/${list.id}`, {}, async (page) => {
        await page.waitForSelector('text=This task is not a recalculation.');
    });
});

for (const [lang, width, scheme] of [
    ['en', 1440, 'light'],
    ['en', 390, 'dark'],
    ['ru', 1440, 'dark'],
    ['ru', 390, 'light'],
])
    test(`recalculation is sound and fits: ${lang}, ${width}, ${scheme}`, opts, async () => {
        const trial = await daemon.run('/api/prices/recalculate-all', {
            as_of: '2026-02-05',
            method: 'median',
            dry_run: true,
            max_change_pct: '2',
        });
        for (const hash of ['recalculate', `recalculate/${trial.id}`])
            await at(hash, { lang, width, scheme }, async (page) => {
                await pause(600);
                if (hash === 'recalculate') await page.click('summary');
                await shot(page, `recalculate-${hash === 'recalculate' ? 'form' : 'trial'}-${lang}-${width}-${scheme}`);
                assert.deepEqual(await accessFaults(page), []);
                assert.deepEqual(await tooWide(page), []);
            });
    });
