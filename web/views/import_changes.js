/* Which rows would come, change and go: the first hundred of each, as the check told them. */
import { data, h } from '../ui/dom.js';
import { dec, int } from '../ui/number.js';
import { table } from '../ui/table.js';
import { paramLabel } from '../js/params.js';
import { fieldWord } from '../js/importwords.js';
import { t } from '../js/words.js';

/** What would come, change and go, or did, in numbers; null where nothing was counted. @param {any} task */
export function changeCounts(task) {
    const r = task.result;
    if (typeof r?.rows_total !== 'number') return null;
    /** @type {[string, any][]} */
    const pairs = [
        [t('new'), r.inserted],
        [t('changed'), r.updated],
        [t('replaced'), r.replaced],
        [t('older quotes rejected'), r.superseded],
        [t('unchanged'), r.unchanged],
        [t('deleted'), r.deleted],
        [t('without a price'), r.no_price],
        [t('kept, row refused'), r.kept_for_rejected],
        [t('lines merged'), r.duplicates_merged],
        [t('unmatched'), r.unmatched],
        [t('refused'), r.rows_rejected],
    ];
    const shown = pairs.filter(([, n]) => typeof n === 'number');
    return h(
        'dl',
        { class: 'counts' },
        shown.map(([name, n]) => h('div', null, h('dt', null, name), h('dd', null, int(n)))),
    );
}

/** @param {any} task */
export function changeLists(task) {
    const changes = task.result?.changes;
    if (!changes) return null;
    const lists = [
        block(t('New rows'), changes.inserts),
        block(t('Rows that change'), changes.updates),
        block(t('Quotes in place of others'), changes.replaces),
        block(t('Rows that are deleted'), changes.deletes),
    ].filter((one) => one !== null);
    return lists.length ? h('div', { class: 'block' }, lists) : null;
}

/** @param {string} title @param {any[] | undefined} rows */
function block(title, rows) {
    if (!rows?.length) return null;
    const made = table({
        caption: title,
        key: (row) => JSON.stringify(row),
        columns: [
            { head: t('Part number'), cell: (row) => data(fact(row, 'part_number') ?? row.pn_norm) },
            { head: t('Name'), cell: (row) => data(fact(row, 'name')) },
            { head: t('Lot'), cell: (row) => data(fact(row, 'lot_code')) },
            { head: t('What'), kind: 'main', cell: what },
        ],
    });
    made.set(rows);
    return h(
        'details',
        { class: 'params' },
        h('summary', null, `${title}: ${rows.length}${rows.length === 100 ? '+' : ''}`),
        h('div', { class: 'table-frame' }, made.el),
    );
}

/** A text that stays is told with the old values alone. @param {any} row @param {string} name */
function fact(row, name) {
    return row[name] ?? row.new?.[name] ?? row.old?.[name];
}

const TOLD = ['lot_code', 'qty', 'reserved', 'unit', 'unit_cost', 'received_on', 'min_qty', 'price', 'currency'];

/** Of a row that changes: what is another, old → new. @param {any} row */
function what(row) {
    const { old, new: now = row } = row;
    const names = TOLD.filter((name) => (old ? old[name] !== now[name] : name !== 'lot_code' && typeof now[name] === 'string'));
    return h(
        'ul',
        { class: 'plain-list' },
        names.map((name) => h('li', null, `${wordOf(name)}: `, old && [value(old[name]), ' → '], value(now[name]))),
    );
}

/** @param {string} name */
function wordOf(name) {
    const word = fieldWord(name);
    return word === name ? paramLabel(name) : word;
}

/** @param {any} one */
function value(one) {
    return typeof one === 'string' && /^-?\d+(\.\d+)?$/.test(one)
        ? dec(one, one.split('.')[1]?.length === 3 ? 'quantity' : 'money')
        : data(String(one ?? '–'));
}
