/* Operation: what is shown against the API, how it follows, what it costs; warnings; both languages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFaults, answering, faultsOf, newPage, shot, tooWide } from './browser.mjs';
import { pause } from './daemon.mjs';
import { browser, daemon, opts, sound, stage } from './stage.mjs';

stage();

/** @param {object} options @param {(page: any) => Promise<void>} act @param {(answer: any) => any} [changed] what the API says instead */
async function at(options, act, changed) {
    const page = await newPage(browser, options);
    if (changed) await answering(page, '**/api/operation', changed);
    await page.goto(`${daemon.url}/#/operation`);
    await page.waitForSelector('tbody tr');
    await act(page);
    assert.deepEqual(faultsOf(page), []);
    await page.context().close();
}

const row = (page, name) => page.locator('tr', { has: page.locator(`th:has-text("${name}")`) });

test('processes, version, database and places are those of the API', opts, () =>
    at({}, async (page) => {
        const [now, version] = [(await daemon.ask('/api/operation')).json, (await daemon.ask('/version')).json];
        await page.waitForFunction((text) => document.body.textContent.includes(text), version.commit.slice(0, 7));
        const text = await page.textContent('main');
        assert.match(text, /Ready/);
        assert.match(text, /built-in/);
        assert.ok(text.includes(`${version.version} (${version.commit.slice(0, 7)})`));
        const count = (kind) => now.processes.filter((one) => one.kind === kind).length;
        assert.match(await row(page, 'Workers').textContent(), new RegExp(`alive${count('worker')}${count('worker')}`));
        assert.match(await row(page, 'Runners').textContent(), new RegExp(`alive${count('runner')}${count('runner')}`));
        assert.match(text, new RegExp(`${now.slots.live + now.slots.ended} of 1,024`));
        assert.equal(await page.locator('main button').count(), 0); // read only
    }),
);

test('tasks of the last day by type, and rates after a few seconds', opts, () =>
    at({}, async (page) => {
        const lists = (await daemon.ask('/api/tasks?type=pricelist_create&limit=200')).json.tasks.length;
        await page.waitForFunction((n) => document.body.textContent.includes(`Price list00–${n}0`), lists);
        await page.waitForFunction(() => /Requests a second\d/.test(document.querySelector('main').textContent), null, { timeout: 10000 });
        await daemon.run('/api/pricelists', { source: 'estimate', as_of: '2026-02-05' });
        await page.waitForFunction(
            (n) => document.body.textContent.includes(`Tasks since the start${n}`),
            (await daemon.ask('/api/operation')).json.totals.started,
            { timeout: 10000 },
        );
    }),
);

test('an open page asks at most once in two seconds', opts, () =>
    at({}, async (page) => {
        await pause(1000);
        let n = 0;
        page.on('request', () => n++);
        await pause(8000);
        assert.ok(n >= 3 && n <= 6, String(n));
    }),
);

test('a database that may lose what it has acknowledged is a warning with what to do', opts, () =>
    at(
        {},
        async (page) => {
            await page.waitForSelector('text=A power cut can lose accepted tasks');
            await page.click('text=What to do');
            await page.waitForSelector('text=innodb_flush_log_at_trx_commit = 1');
            await pause(2500);
            assert.equal(await page.locator('text=innodb_flush_log_at_trx_commit = 1').isVisible(), true); // a poll leaves it open
            await shot(page, 'operation-weak');
            assert.deepEqual(await accessFaults(page), []);
        },
        (now) => ({ ...now, database: { ...now.database, weakness: 'innodb_flush_log_at_trx_commit is 2 <img src=x onerror=alert(1)>' } }),
    ),
);

test('dead processes and a database that is away are told', opts, () =>
    at(
        { lang: 'ru' },
        async (page) => {
            await page.waitForSelector('text=Не готова');
            await page.waitForSelector('text=База данных не отвечает');
            await page.waitForSelector('text=Нет живых исполнителей');
            assert.match(await row(page, 'Исполнители').textContent(), /есть неживые/);
            await shot(page, 'operation-down-ru');
            assert.deepEqual(await accessFaults(page), []);
        },
        (now) => ({
            ...now,
            database: { ...now.database, up: false, trouble: 'cannot connect' },
            processes: now.processes.map((one) => (one.kind === 'runner' ? { ...one, state: 'dead' } : one)),
        }),
    ),
);

for (const [lang, width, scheme] of [
    ['en', 1440, 'light'],
    ['en', 390, 'dark'],
    ['ru', 1440, 'dark'],
    ['ru', 390, 'light'],
])
    test(`operation is sound and fits: ${lang}, ${width}, ${scheme}`, opts, () =>
        at({ lang, width, scheme }, async (page) => {
            await pause(3500);
            await shot(page, `operation-${lang}-${width}-${scheme}`);
            assert.deepEqual(await accessFaults(page), []);
            assert.deepEqual(await tooWide(page), []);
        }),
    );
