/* Prices on hold: filters against the API, decisions by rows and by filter, what is left out; keyboard alone; both languages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFaults, answering, shot, tooWide } from './browser.mjs';
import { pause } from './daemon.mjs';
import { api, at, daemon, opts, sound, stage } from './stage.mjs';

stage();

/** Prices that wait again: all move by so many percent. */
const hold = (coefficient = '1.2') => daemon.run('/api/prices/recalculate-all', { as_of: '2026-02-05', coefficient, max_change_pct: '5' });
const held = async (query = '') => (await daemon.ask(`/api/price-changes/held?limit=200&${query}`)).json.held;
const component = async (lot) => (await daemon.ask(`/api/components/${lot}`)).json;
const decide = (body) =>
    daemon.ask('/api/price-changes/decide', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });

test('nothing on hold: a sentence, no buttons', opts, () =>
    at('held', {}, async (page) => {
        await page.waitForSelector('text=No price is on hold.');
        assert.equal(await page.locator('.selection').isVisible(), false);
    }),
);

test('what is shown is what the API has, and so is the count of the filter', opts, async () => {
    const run = await hold();
    await at('held', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        const all = await held();
        assert.equal(await page.locator('tbody tr').count(), all.length);
        const cells = await page.$$eval('tbody tr:first-child > *', (found) => found.map((cell) => cell.textContent));
        assert.deepEqual([cells[0], cells[1], cells[5]], [all[0].lot_code, all[0].name, `${all[0].n_used} of ${all[0].n_quotes}`]);
        await page.waitForSelector(`text=Approve ${all.length}`);
        await page.locator('select').nth(1).selectOption('CPU');
        const cpu = await held('category=CPU');
        await page.waitForSelector(`text=Match the filter: ${cpu.length}`);
        assert.match(page.url(), /cat=CPU/);
        assert.equal(await page.locator('tbody tr').count(), cpu.length);
        await page.click('nav.tabs >> text=down');
        await page.waitForSelector('text=Nothing matches.');
        await page.click('text=Clear filters');
        await page.waitForSelector(`text=Approve ${all.length}`);
        await page.locator('select').first().selectOption(run.id);
        await page.waitForSelector(`text=Approve ${all.length}`);
        await page.fill('label:has-text("Change below") + input', '20,0');
        await page.keyboard.press('Enter');
        const below = (await held('below=20')).length;
        await page.waitForSelector(below ? `text=Approve ${below}` : 'text=Nothing matches.');
        assert.match(page.url(), /below=20\.0/);
    });
});

test('paper has the held prices without ticks and buttons', opts, () =>
    at('held?cat=CPU', {}, async (page) => {
        await page.waitForSelector('tbody tr');
        await page.evaluate(() => {
            window.print = () => (document.body.dataset.printed = String(document.querySelectorAll('tbody tr').length));
        });
        await page.click('text=Print');
        await page.waitForSelector('body[data-printed]', { state: 'attached' });
        assert.equal(await page.getAttribute('body', 'data-printed'), String((await held('category=CPU')).length));
        await page.emulateMedia({ media: 'print' });
        assert.equal(await page.locator('.selection').isVisible(), false);
        assert.equal(await page.locator('tbody input').first().isVisible(), false);
    }),
);

test('two rows are approved, the others still wait', opts, () =>
    at('held', {}, async (page) => {
        await page.waitForSelector('text=All that match are selected');
        const all = await held();
        await page.locator('.selection input').uncheck();
        await page.waitForSelector('text=selected: 0');
        for (const i of [0, 1]) await page.locator('tbody input').nth(i).check();
        await page.click('text=Approve 2');
        await page.waitForSelector('dialog >> text=Approve 2 prices?');
        await shot(page, 'held-dialog');
        await page.click('text=Yes, approve 2');
        await page.waitForSelector('text=Approved: 2');
        const left = await held();
        assert.equal(left.length, all.length - 2);
        for (const one of all.slice(0, 2)) assert.equal((await component(one.lot_code)).price, one.new_price);
        assert.equal((await component(all[2].lot_code)).price, all[2].old_price);
        await page.waitForSelector(`text=Match the filter: ${left.length}`);
    }),
);

test('one row is taken out of the whole', opts, () =>
    at('held?cat=MEM', {}, async (page) => {
        await page.waitForSelector('text=All that match are selected');
        const all = await held('category=MEM');
        await page.locator('tbody input').first().uncheck();
        await page.click(`text=Dismiss ${all.length - 1}`);
        await page.click(`text=Yes, dismiss ${all.length - 1}`);
        await page.waitForSelector(`text=Dismissed: ${all.length - 1}`);
        assert.deepEqual(
            (await held('category=MEM')).map((one) => one.id),
            [all[0].id],
        );
    }),
);

test('keys alone: a and Enter approve all that match, d dismisses', opts, async () => {
    await at('held?cat=CPU', {}, async (page) => {
        await page.waitForSelector('text=All that match are selected');
        const cpu = await held('category=CPU');
        await page.waitForSelector(`text=Approve ${cpu.length}`);
        await page.keyboard.press('?');
        assert.match(await page.textContent('dialog .keys'), /aApprove.*dDismiss/s);
        await page.keyboard.press('Escape');
        await page.keyboard.press('a');
        await page.waitForSelector('dialog');
        assert.match(await page.textContent('dialog'), /category CPU/);
        await page.keyboard.press('Escape');
        assert.equal((await held('category=CPU')).length, cpu.length);
        await page.keyboard.press('a');
        await page.keyboard.press('Enter');
        await page.waitForSelector(`text=Approved: ${cpu.length}`);
        assert.equal((await component(cpu[0].lot_code)).price, cpu[0].new_price);
    });
    await at('held?cat=SSD', {}, async (page) => {
        const ssd = await held('category=SSD');
        await page.waitForSelector(`text=Dismiss ${ssd.length}`);
        await page.keyboard.press('d');
        await page.keyboard.press('Enter');
        await page.waitForSelector(`text=Dismissed: ${ssd.length}`);
        assert.equal((await component(ssd[0].lot_code)).price, ssd[0].old_price);
    });
});

test('nothing is decided when other prices match than were shown', opts, () =>
    at('held?cat=ACC', {}, async (page) => {
        page.expected = /status of 409/;
        const acc = await held('category=ACC');
        await page.waitForSelector(`text=Approve ${acc.length}`);
        await decide({ decision: 'dismiss', ids: [acc[0].id] });
        await page.click(`text=Approve ${acc.length}`);
        await page.click(`text=Yes, approve ${acc.length}`);
        await page.waitForSelector('text=Nothing was decided');
        assert.equal((await component(acc[1].lot_code)).price, acc[1].old_price);
        await page.click('text=Show them');
        await page.waitForSelector(`text=Approve ${acc.length - 1}`);
    }),
);

test('what somebody else has decided is left out and told', opts, () =>
    at('held?cat=NIC', {}, async (page) => {
        const nic = await held('category=NIC');
        await page.waitForSelector(`text=Approve ${nic.length}`);
        await page.locator('.selection input').uncheck();
        for (const i of [0, 1]) await page.locator('tbody input').nth(i).check();
        await decide({ decision: 'dismiss', ids: [nic[0].id] });
        await page.keyboard.press('Tab'); // out of the field
        await page.click('text=Approve 2');
        await page.click('text=Yes, approve 2');
        await page.waitForSelector('text=Left out: 1');
        assert.match(await page.textContent('.told'), new RegExp(`Approved: 1.*${nic[0].lot_code} – decided the other way`, 's'));
    }),
);

test('a hostile name is a text in every table', opts, async () => {
    const lot = 'ACC-BBU-SUPERCAP';
    const name = `<img src=x onerror=alert(1)> \u202egnp.exe 😀 ${'W'.repeat(200)}`;
    const headers = { 'Content-Type': 'application/json', 'If-Match': '*' };
    const renamed = await daemon.ask(`/api/components/${lot}`, { method: 'PATCH', headers, body: JSON.stringify({ name }) });
    assert.equal(renamed.status, 200, renamed.body);
    await hold('1.7');
    const list = await daemon.run('/api/pricelists', { source: 'estimate', as_of: '2026-02-05' });
    for (const [width, hash] of [
        [1440, 'held?cat=ACC'],
        [390, 'held?cat=ACC'],
        [1440, `lists/${list.result.pricelist_id}?q=${lot}`],
        [390, `lists/${list.result.pricelist_id}?q=${lot}`],
        [390, `lists/1/diff/${list.result.pricelist_id}`],
    ])
        await at(hash, { width }, async (page) => {
            await page.waitForSelector('td:has-text("<img src=x onerror=alert(1)> ‹RLO›gnp.exe 😀")');
            assert.equal(await page.locator('main img').count(), 0);
            assert.deepEqual(await tooWide(page), []);
            await shot(page, `hostile-${hash.replace(/\W+/g, '-')}-${width}`);
        });
});

test('a run that holds prices says so in its notice and leads here', opts, () =>
    at('recalculate', {}, async (page) => {
        await page.fill('label:has-text("As of") + input', '2026-02-05');
        await page.click('summary');
        await page.fill('label:text-is("Coefficient") + input', '1.5');
        await page.fill('label:text-is("Hold changes above, %") + input', '1');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('text=Recalculate now');
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('text=Decide on hold');
        await page.locator('.toast a', { hasText: 'Decide' }).last().click();
        await page.waitForSelector('text=All that match are selected');
        assert.match(page.url(), /held\?run=/);
    }),
);

test('without the right to edit the buttons say which right is missing', opts, async () => {
    await at('held', {}, async (page) => {
        await answering(page, '**/api/session', (answer) => ({ ...answer, scopes: ['read'] }));
        await page.reload();
        await page.waitForSelector('tbody tr');
        const buttons = page.locator('.selection button');
        assert.equal(await buttons.first().isDisabled(), true);
        assert.match(await buttons.first().textContent(), /needs the right: edit/);
    });
});

for (const [lang, width, scheme] of [
    ['en', 1440, 'light'],
    ['en', 390, 'dark'],
    ['ru', 1440, 'dark'],
    ['ru', 390, 'light'],
])
    test(`prices on hold are sound and fit: ${lang}, ${width}, ${scheme}`, opts, () =>
        at('held', { lang, width, scheme }, async (page) => {
            await page.waitForSelector('tbody tr');
            await pause(600);
            await shot(page, `held-${lang}-${width}-${scheme}`);
            assert.deepEqual(await accessFaults(page), []);
            assert.deepEqual(await tooWide(page), []);
            await page.keyboard.press('a');
            await page.waitForSelector('dialog');
            assert.deepEqual(await accessFaults(page), []);
        }),
    );
