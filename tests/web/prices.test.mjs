/* Prices, one component and the search of the shell, in a browser against the daemon with the demo's data. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFaults, faultsOf, tooWide } from './browser.mjs';
import { pause } from './daemon.mjs';
import { api, daemon, open, opts, sound, stage } from './stage.mjs';

stage();

const HOSTILE = `<img src=x onerror="alert(1)"> \u202eretsaM 😀 ${'ы'.repeat(200)}`;
const LOT = 'CPU-KLV-24C-185W';

/** @param {string} lot @param {object} patch */
const change = (lot, patch) =>
    daemon.ask(`/api/components/${lot}`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'If-Match': '*' },
        body: JSON.stringify(patch),
    });
/** @param {any} page @param {string} selector */
const texts = (page, selector) => page.locator(selector).allTextContents();

test('the list shows what the daemon says, and filters stand in the path', opts, async () => {
    const page = await open('#/prices');
    const all = (await api('/api/components?limit=200')).components;
    await page.waitForSelector('tbody tr');
    assert.deepEqual(
        await texts(page, 'tbody th'),
        all.map((one) => one.lot_code),
    );
    await page.selectOption('.filters select', 'CPU');
    await page.click('.tabs a >> text="fresh"');
    await page.waitForFunction(
        () => /state=fresh/.test(location.hash) && document.querySelector('tbody th')?.textContent?.startsWith('CPU'),
    );
    const some = (await api('/api/components?limit=200&category=CPU&state=fresh')).components;
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length === n, some.length);
    assert.match(await page.evaluate(() => location.hash), /cat=CPU/);
    await page.reload();
    await page.waitForSelector('tbody tr');
    assert.equal(await page.inputValue('.filters select'), 'CPU');
    assert.equal((await texts(page, 'tbody tr')).length, some.length);
    await page.fill('.filters input[type=search]', 'nothing is called so');
    await page.click('text="Clear filters"');
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length === n, all.length);
    await sound(page, 'prices-en-light-1440');
    const small = await open('#/prices?state=manual', { lang: 'ru', width: 390, scheme: 'dark' });
    await small.waitForSelector('tbody tr');
    assert.equal(await small.textContent('.filters-fold'), 'Отбор1');
    await small.click('.filters-fold');
    await sound(small, 'prices-ru-dark-390');
    await Promise.all([page.close(), small.close()]);
});

test('by keys alone: / finds a lot by words, a code and Enter open it', opts, async () => {
    const page = await open('#/prices');
    await page.waitForSelector('tbody tr');
    await page.keyboard.press('/');
    await page.keyboard.type('kelvar 24');
    await page.waitForSelector('[role=option]');
    const found = (await api('/api/components?limit=20&q=kelvar%2024')).components;
    assert.deepEqual(
        await texts(page, '[role=option] b'),
        found.map((one) => one.lot_code),
    );
    assert.deepEqual(await accessFaults(page), []);
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.getAttribute('.shell-find input', 'aria-activedescendant'), await page.getAttribute('[role=option]', 'id'));
    await page.keyboard.press('Enter');
    await page.waitForFunction((lot) => location.hash === `#/prices/${lot}`, found[0].lot_code);
    await page.keyboard.press('/');
    await page.keyboard.type('cpu-klv-8c-150w');
    await page.keyboard.press('Enter'); // at once, before any suggestion
    await page.waitForFunction(() => location.hash === '#/prices/CPU-KLV-8C-150W');
    await page.keyboard.press('/');
    await page.keyboard.type('кабель');
    await page.waitForSelector('[role=option]');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /^#\/prices\?q=/.test(location.hash));
    const cables = (await api(`/api/components?limit=200&q=${encodeURIComponent('кабель')}`)).components.length;
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length === n, cables);
    await page.keyboard.press('Tab');
    await page.focus('tbody a');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.hash.startsWith('#/prices/CAB-'));
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('a component says why its price is what it is', opts, async () => {
    const page = await open(`#/prices/${LOT}`);
    await page.waitForSelector('.plot svg');
    const { runs, component } = await api(`/api/components/${LOT}/price-history`);
    const [run] = runs;
    const sentence = (await page.textContent('#why')).replace(/\s+/g, ' ');
    assert.match(sentence, /169,053\.47 RUB = weighted average of 3 of 6 quotes, as of 5 Feb 2026, rounded to 0\.01/);
    assert.equal(component.price, '169053.4700');
    const rows = await page.locator('.quotes-block tbody tr').allInnerTexts();
    assert.equal(rows.length, run.quotes.length);
    run.quotes.forEach((quote, i) => {
        if (quote.used) assert.match(rows[i], /used/);
        else assert.match(rows[i], /no longer valid|rejected|superseded|newer/);
    });
    const placed = run.quotes.filter((quote) => quote.base_price !== null).length;
    assert.equal(await page.locator('.plot .plot-used').count(), run.n_used);
    assert.equal(await page.locator('.plot .plot-point').count(), placed + runs.length);
    await page.focus('.plot');
    const series = [];
    for (const key of ['Home', 'ArrowRight', 'ArrowDown', 'ArrowUp']) {
        await page.keyboard.press(key);
        series.push(await page.textContent('.plot-tip'));
    }
    assert.equal(new Set(series).size, series.length, 'each step shows another point');
    assert.ok(
        series.some((text) => / = /.test(text)),
        `a quote's point shows how its price came about: ${series}`,
    );
    await page.keyboard.press('Enter');
    assert.ok(await page.evaluate(() => document.activeElement?.closest('.quotes-block tr')), 'Enter goes to the row');
    await page.keyboard.press('Escape');
    await page.selectOption('.quotes-block select', 'used');
    assert.equal(await page.locator('.quotes-block tbody tr').count(), run.n_used);
    await sound(page, 'component-en-light-1440');
    const small = await open(`#/prices/${LOT}`, { lang: 'ru', width: 390, scheme: 'dark' });
    await small.waitForSelector('.plot svg');
    await sound(small, 'component-ru-dark-390');
    await Promise.all([page.close(), small.close()]);
});

test('a trial shows another price beside the present one and writes nothing', opts, async () => {
    const page = await open(`#/prices/${LOT}`);
    await page.waitForSelector('.trial input');
    await page.fill('.trial .row input >> nth=3', '1,5');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.trial-answer');
    assert.match(await page.textContent('.trial-answer'), /253,580\.21 RUB instead of 169,053\.47\s*\+50\.00\s%/);
    assert.equal(await page.locator('.plot .plot-trial').count(), 1);
    assert.equal((await api(`/api/components/${LOT}`)).price, '169053.4700');
    await page.fill('.trial .row input >> nth=3', '1');
    await page.fill('.trial .row input >> nth=1', '30');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.quotes-block >> text="In the trial"');
    const { run } = (
        await daemon.run('/api/prices/recalculate-all', {
            as_of: '2026-02-05',
            window_days: 30,
            lot_codes: [LOT],
            quotes_of: [LOT],
            dry_run: true,
        })
    ).result.lots[0];
    assert.match(await page.textContent('.trial-answer'), new RegExp(run.new_price.slice(-7, -2).replace('.', '\\.')));
    const used = (await page.locator('.quotes-block tbody tr td:last-child').allInnerTexts()).filter((text) => /used/.test(text));
    assert.equal(used.length, run.n_used);
    assert.equal(await page.locator('.plot .plot-other').count(), 1, 'one quote that was used is too old now');
    assert.match(await page.textContent('.plot-block'), /bounds of outliers|otherwise in the trial/);
    await page.fill('.trial .row input >> nth=1', '0,5 or so');
    await page.click('text="Try it: nothing is written"');
    assert.match(await page.textContent('.trial'), /A number is needed/);
    await page.fill('.trial .row input >> nth=1', '90000');
    await page.click('text="Try it: nothing is written"');
    await page.waitForSelector('.trial .problem');
    page.expected = /status of 422/;
    await sound(page, 'component-trial-en-light-1440');
    await page.close();
});

test('a manual price needs a reason, holds after the recalculation, and can be taken back', opts, async () => {
    const lot = 'CPU-KLV-8C-150W';
    const page = await open(`#/prices/${lot}`);
    await page.click('text="Manual price"');
    await page.keyboard.type('12,345');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog >> text="Something must stand here."');
    await page.fill('dialog input >> nth=1', HOSTILE);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog >> text="This can be read in two ways: choose one."');
    await page.click('dialog .field-said button >> nth=0');
    await sound(page, 'component-manual-en-light-1440');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('text="Recalculate this lot"');
    const saved = await api(`/api/components/${lot}`);
    assert.equal(saved.manual_price, '12345.0000');
    assert.equal((await api(`/api/components/${lot}/price-history`)).edits[0].reason, HOSTILE);
    await page.click('text="Recalculate this lot"');
    await page.waitForFunction(() => /was set by hand/.test(document.querySelector('#why')?.textContent ?? ''));
    assert.equal((await api(`/api/components/${lot}`)).price_state, 'manual');
    assert.match(await page.textContent('.price-big'), /12,345\.00/);
    assert.match(await page.textContent('#why'), /<img src=x onerror="alert\(1\)"> ‹RLO›retsaM/);
    await page.waitForSelector('.plot .plot-manual');
    assert.deepEqual(await tooWide(page), []);
    await page.click('text="Manual price" >> nth=0');
    await page.check('dialog input[type=checkbox]');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('text="Recalculate this lot"');
    assert.equal((await api(`/api/components/${lot}`)).price_method, null);
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('settings: faults stand at their fields, and a change of somebody else is not overwritten unseen', opts, async () => {
    const lot = 'ACC-BEZEL-1U';
    const page = await open(`#/prices/${lot}`);
    page.expected = /status of 4(12|22)/;
    await page.click('text="Other settings"');
    await page.fill('dialog input >> nth=0', '9999999');
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('dialog .problem');
    assert.equal(await page.getAttribute('dialog input >> nth=0', 'aria-invalid'), 'true');
    assert.ok(await page.evaluate(() => document.activeElement?.classList.contains('problem')));
    assert.deepEqual(await accessFaults(page), []);
    await page.fill('dialog input >> nth=0', '45');
    assert.equal((await change(lot, { window_days: 30, name: HOSTILE })).status, 200);
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('text="Take mine"');
    assert.deepEqual(await texts(page, 'dialog tbody td'), ['45', '30']);
    assert.deepEqual(await accessFaults(page), []);
    await page.click('text="Take mine"');
    await page.waitForFunction(() => document.querySelector('h1')?.textContent?.includes('onerror'));
    const now = await api(`/api/components/${lot}`);
    assert.deepEqual([now.window_days, now.name], [45, HOSTILE]);
    await page.click('text="Other settings"');
    await page.fill('dialog input >> nth=0', '50');
    await change(lot, { window_days: 31 });
    await page.keyboard.press('Control+Enter');
    await page.click('text="Keep theirs"');
    await pause(300);
    assert.equal((await api(`/api/components/${lot}`)).window_days, 31);
    for (const [lang, width] of [
        ['en', 1440],
        ['ru', 390],
    ]) {
        for (const hash of [`#/prices/${lot}`, '#/prices?q=ACC-BEZEL']) {
            const other = await open(hash, { lang, width });
            await other.waitForSelector('tbody tr');
            await sound(other, `hostile-${hash.length}-${width}`);
            await other.close();
        }
    }
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('a held price is decided where it is explained', opts, async () => {
    await change('ACC-CMA-2U', { coefficient: '2' });
    await daemon.run('/api/prices/recalculate-all', { as_of: '2026-02-05', max_change_pct: '10', lot_codes: ['ACC-CMA-2U'] });
    const page = await open('#/prices/ACC-CMA-2U', { lang: 'ru' });
    await page.waitForSelector('.question');
    assert.match(await page.textContent('.question'), /На проверке: предлагается 5\u202f970,13 \(\+100,00 %\)/);
    assert.equal(await page.locator('.plot .plot-held').count(), 1);
    assert.equal(await page.locator('.plot .plot-raw').count(), 1, 'the coefficient is not 1: the line before it is drawn');
    await sound(page, 'component-held-ru-light-1440');
    await page.click('text="Утвердить"');
    await page.waitForFunction(() => /5\u202f970,13/.test(document.querySelector('.price-big')?.textContent ?? ''));
    assert.equal((await api('/api/components/ACC-CMA-2U')).price, '5970.1300');
    assert.match(await page.textContent('#why'), /× 2/);
    assert.deepEqual(faultsOf(page), []);
    await page.close();
});

test('a lot that is not there is said so, with a way on', opts, async () => {
    const page = await open('#/prices/NO-SUCH-LOT');
    page.expected = /status of 404/;
    await page.waitForSelector('.problem');
    await sound(page, 'component-missing-en-light-1440');
    await page.click('text="All prices"');
    await page.waitForSelector('tbody tr');
    await page.close();
});
