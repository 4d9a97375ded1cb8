/* Stock of a warehouse: how old it is, what is free, and what has no lot. */
import { data, fill, h, put } from '../ui/dom.js';
import { button, check, empty, field, heading, link, loading, mark, problemBox, select } from '../ui/parts.js';
import { filters } from '../ui/filters.js';
import { lookup } from '../ui/lookup.js';
import { dec, int } from '../ui/number.js';
import { ago, day } from '../ui/date.js';
import { nothingMatches, pages, table } from '../ui/table.js';
import { get } from '../js/api.js';
import { unitWord } from '../js/params.js';
import { go, hashOf } from '../js/router.js';
import { currency, today } from '../js/session.js';
import { t, tn } from '../js/words.js';

export const stock = {
    path: 'stock',
    label: () => t('Stock'),
    title: () => t('Stock'),
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'stock',
    mount,
};

/** @param {string | null} lot */
const lotCell = (lot) =>
    lot
        ? h('a', { href: hashOf(['prices', lot]) }, data(lot))
        : h('a', { href: '#/unmatched' }, mark('warn', 'question', t('lot|unmatched')));

function itemTable() {
    return table({
        caption: t('Stock'),
        key: (row) => `${row.warehouse}/${row.pn_norm}/${row.vendor_norm}`,
        columns: [
            {
                head: t('Part number'),
                cell: (row) => [data(row.part_number), row.vendor_norm && h('div', { class: 'muted' }, data(row.vendor_norm))],
            },
            { head: t('Name'), kind: 'bare', cell: (row) => data(row.name) },
            { head: t('Lot'), cell: (row) => lotCell(row.lot_code) },
            { head: t('Free'), kind: 'num main', cell: (row) => `${dec(row.free, 'quantity')} ${unitWord(row.unit)}` },
            { head: t('Reserved'), kind: 'num', cell: (row) => (/^0(\.0+)?$/.test(row.reserved) ? '' : dec(row.reserved, 'quantity')) },
            { head: t('Cost, {currency}', { currency: currency() }), kind: 'num', cell: (row) => dec(row.unit_cost, 'money') },
            { head: t('Received'), cell: (row) => day(row.received_on) },
            {
                head: t('Import'),
                kind: 'bare',
                cell: (row) => h('a', { href: hashOf(['stock', 'imports', row.import.id]) }, t('import {n}', { n: row.import.id })),
            },
        ],
    });
}

function unmatchedTable() {
    return table({
        caption: t('Unmatched'),
        key: (row) => row.pn_norm,
        columns: [
            {
                head: t('Part number'),
                cell: (row) => [data(row.part_number), h('div', { class: 'muted' }, data(row.vendors.filter(Boolean).join(', ')))],
            },
            { head: t('Name'), kind: 'bare', cell: (row) => data(row.name) },
            { head: t('Free'), kind: 'num main', cell: (row) => dec(row.free, 'quantity') },
            { head: t('Quotes that wait'), kind: 'num', cell: (row) => (row.quotes ? int(row.quotes) : '') },
            { head: t('Suggestions'), cell: (row) => row.suggestions.map((/** @type {any} */ one) => h('div', null, data(one.lot_code))) },
        ],
    });
}

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, query, signal, again }) {
    const body = h('div', null);
    put(main, heading(t('Stock'), link(t('Import history'), hashOf(['stock', 'imports'], { wh: query.wh }), 'button')), body);
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const done = loading(body, stop.signal, () => stop.abort());
    const answer = await get('api/warehouses', { limit: 200 }, { signal: stop.signal });
    done();
    if (signal.aborted) return;
    if (!answer.ok)
        return void fill(body, answer.problem.kind === 'left' ? button(t('Try again'), again) : problemBox(answer.problem, again));
    const warehouses = answer.data.warehouses;
    const first = warehouses.find((/** @type {any} */ one) => one.import_id !== null);
    const none = empty(t('There is no stock yet: import a file.'), link(t('Choose files'), '#/', 'button primary'));
    if (!first && !query.wh) return void fill(body, none);
    draw(body, warehouses, { ...query, wh: query.wh ?? first.code }, signal);
}

/** @param {any} one */
function age(one) {
    if (!one?.stock_date) return t('There was no import into this warehouse yet.');
    return tn('as of {day} ({ago}), {import}', {
        day: day(one.stock_date),
        ago: ago(one.stock_date, today()),
        import: link(t('import {n}', { n: one.import_id }), hashOf(['stock', 'imports', one.import_id])),
    });
}

/** @param {HTMLElement} body @param {any[]} warehouses @param {Record<string, string>} now @param {AbortSignal} signal */
function draw(body, warehouses, now, signal) {
    const only = now.un === 'true';
    const which = select(
        warehouses.map((one) => [one.code, one.name ? `${one.code} ${one.name}` : one.code]),
        now.wh,
    );
    which.addEventListener('change', () => go(['stock'], { ...now, wh: which.value }));
    const asked = (/** @type {Record<string, string>} */ wanted) => ({
        warehouse: now.wh,
        lot: wanted.lot,
        q: wanted.lot ? '' : wanted.q,
        limit: 200,
    });
    const rows = pages({
        path: only ? 'api/stock/unmatched' : 'api/stock',
        query: only ? { warehouse: now.wh, limit: 200 } : asked(now),
        member: only ? 'unmatched' : 'stock',
        table: only ? unmatchedTable() : itemTable(),
        signal,
        nothing: () => nothingMatches(() => go(['stock'], { wh: now.wh })),
    });
    const above = filters({ parts: ['stock'], query: now, signal, changed: (wanted) => rows.ask(asked(wanted)) });
    above.add(field(t('Warehouse'), which).el);
    if (!only && !now.lot) {
        above.text(t('Part number begins with'), 'q');
        const lots = lookup({
            label: t('Lot: code, name or part number'),
            signal,
            choose: (lot) => go(['stock'], { wh: now.wh, lot: lot.lot_code }),
        });
        above.add(h('div', { class: 'field stock-lot' }, h('label', { for: lots.input.id }, t('Lot')), lots.el));
    }
    if (now.lot) above.add(button(`${t('Lot')}: ${now.lot} ×`, () => go(['stock'], { wh: now.wh }), { describe: t('All lots') }));
    if (!now.lot) above.add(check(t('Only unmatched'), only, (on) => go(['stock'], { wh: now.wh, un: on ? 'true' : '' })));
    above.ready();
    fill(
        body,
        above.el,
        h('p', null, age(warehouses.find((one) => one.code === now.wh))),
        only && h('p', null, link(t('Match them'), hashOf(['unmatched'], { wh: now.wh }), 'button primary')),
        rows.el,
    );
}
