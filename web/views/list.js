/* One price list: what it was made from, its items, its files. */
import { data, fill, h, put } from '../ui/dom.js';
import { button, heading, link, loading, lotLink, mark, problemBox } from '../ui/parts.js';
import { filters } from '../ui/filters.js';
import { dec, int } from '../ui/number.js';
import { day, moment } from '../ui/date.js';
import { pages, table } from '../ui/table.js';
import { get } from '../js/api.js';
import { onKey } from '../js/keys.js';
import { paramLabel, paramValue } from '../js/params.js';
import { hashOf } from '../js/router.js';
import { sourceName } from '../js/tasktext.js';
import { unitWord } from '../js/params.js';
import { t } from '../js/words.js';
import { archiveButton, files } from './lists.js';
import { printPages } from './printing.js';

export const list = {
    path: 'list',
    under: 'lists',
    title: () => t('Price list'),
    takes: (/** @type {string[]} */ parts) => parts.length === 2 && parts[0] === 'lists' && /^\d+$/.test(parts[1]),
    mount,
};

/** @param {any} one */
function facts(one) {
    /** @type {[string, Node | string | null][]} */
    const pairs = [
        [t('Source'), sourceName(one.source)],
        [t('Currency'), one.currency],
        [t('As of'), day(one.as_of)],
        [t('Items'), int(one.items)],
        [t('Made'), moment(one.created_at)],
        [t('Note'), one.note ? data(one.note) : null],
        [t('Task'), one.task_id ? link(t('Open'), hashOf(['tasks', one.task_id])) : null],
    ];
    const said = Object.entries(one.params ?? {}).filter(
        ([name, value]) => value !== null && value !== '' && value !== false && !['source', 'as_of', 'currency', 'note'].includes(name),
    );
    const pair = (/** @type {[string, Node | string | null]} */ [name, value]) => h('div', null, h('dt', null, name), h('dd', null, value));
    return h(
        'section',
        { class: 'block' },
        h('dl', { class: 'facts' }, pairs.filter(([, value]) => value).map(pair)),
        said.length > 0 &&
            h(
                'details',
                { class: 'params' },
                h('summary', null, t('Parameters: {n}', { n: said.length })),
                h(
                    'dl',
                    { class: 'facts' },
                    said.map(([name, value]) => pair([paramLabel(name), paramValue(name, value)])),
                ),
            ),
    );
}

/** @param {any} one */
function itemTable(one) {
    /** @type {import('../ui/table.js').Column[]} */
    const columns = [
        { head: t('Lot'), cell: (row) => lotLink(row.lot_code) },
        { head: t('Name'), cell: (row) => data(row.name) },
        { head: t('Category'), cell: (row) => data(row.category ?? '') },
        { head: t('Unit'), cell: (row) => unitWord(row.unit) },
        { head: t('Price, {currency}', { currency: one.currency }), kind: 'main num', cell: (row) => dec(row.price, 'money') },
    ];
    if (one.source === 'warehouse') columns.push({ head: t('Quantity'), kind: 'num', cell: (row) => dec(row.qty, 'quantity') });
    if (one.source === 'estimate') columns.push({ head: t('Price of'), cell: (row) => day(row.price_as_of) });
    if (one.source === 'competitor') columns.push({ head: t('Quotes'), kind: 'num', cell: (row) => int(row.n_obs) });
    return table({ caption: t('Items'), key: (row) => row.lot_code, columns });
}

/** @param {import('../js/main.js').Visit} visit */
async function mount(visit) {
    const { main, parts, signal, again } = visit;
    const body = h('div', null);
    put(main, heading(t('Price list')), body);
    const done = loading(body, signal, () => history.back());
    const answer = await get(`api/pricelists/${parts[1]}`, {}, { signal });
    done();
    if (signal.aborted) return;
    if (!answer.ok) return void fill(body, problemBox(answer.problem, again), h('p', null, link(t('Price lists'), '#/lists')));
    show(answer.data, body, visit);
}

/** @param {any} one @param {HTMLElement} body @param {import('../js/main.js').Visit} visit */
function show(one, body, { main, parts, query, signal, again }) {
    let found = query.q ?? '';
    const path = `api/pricelists/${one.id}/items`;
    const rows = itemTable(one);
    const items = pages({
        path,
        query: { q: found, limit: 200 },
        member: 'items',
        table: rows,
        signal,
        nothing: () => h('p', null, found ? t('Nothing matches.') : t('The list has no items.')),
    });
    const fault = h('div', null);
    const file = files(one);
    const xlsx = file.xlsx();
    const told = (/** @type {import('../js/api.js').Answer} */ got) => (got.ok ? again() : void fill(fault, problemBox(got.problem)));
    const print = async () => {
        const back = () => rows.set(items.rows());
        const problem = await printPages({ path, query: { q: found }, member: 'items', table: rows, back, files: [file.xlsx()], signal });
        if (problem) fill(fault, problemBox(problem));
    };
    const changed = (/** @type {Record<string, string>} */ next) => {
        found = next.q ?? '';
        items.ask({ q: found, limit: 200 });
    };
    const above = filters({ parts, query, signal, changed }).text(t('Lot, name or part number'), 'q').ready();
    const h1 = h('h1', { tabindex: '-1' }, one.version, ' ', h('span', { class: 'h1-about' }, sourceName(one.source)));
    main.querySelector('h1')?.replaceWith(h1);
    fill(
        body,
        one.archived_at && h('p', null, mark('muted', 'hold', t('Archived'))),
        h(
            'div',
            { class: 'row filters' },
            xlsx,
            file.csv(),
            file.excel(),
            one.previous_id && link(t('Compare with the one before'), hashOf(['lists', one.previous_id, 'diff', one.id]), 'button'),
            button(t('Print'), print),
            archiveButton(one, told),
        ),
        fault,
        facts(one),
        above.el,
        items.el,
    );
    h1.focus({ preventScroll: true });
    onKey('x', () => xlsx.click(), signal, t('{list} as {kind}', { list: one.version, kind: '.xlsx' }));
}
