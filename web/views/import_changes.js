/* Which rows would come, change and go: the first hundred of each, as the check told them. */
import { data, h } from '../ui/dom.js';
import { dec } from '../ui/number.js';
import { table } from '../ui/table.js';
import { paramLabel } from '../js/params.js';
import { fieldWord } from '../js/importwords.js';
import { t } from '../js/words.js';

/** @param {any} task */
export function changeLists(task) {
    const changes = task.result?.changes;
    if (!changes) return null;
    const lists = [
        block(t('New rows'), changes.inserts),
        block(t('Rows that change'), changes.updates),
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
            { head: t('Part number'), cell: (row) => data(row.part_number ?? row.pn_norm ?? '') },
            { head: t('Name'), cell: (row) => data(row.name ?? '') },
            { head: t('Lot'), cell: (row) => data(row.lot_code ?? '') },
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

const PLAIN = ['part_number', 'pn_norm', 'vendor_norm', 'vendor', 'name', 'lot_code', 'row', 'id'];

/** Old → new where there are both, else the values. @param {any} row */
function what(row) {
    const old = row.old ?? row.before ?? null;
    const now = row.new ?? row.after ?? row;
    const names = Object.keys(now).filter(
        (name) => !PLAIN.includes(name) && !['old', 'new', 'before', 'after'].includes(name) && now[name] !== null,
    );
    const told = old
        ? names.filter((name) => old[name] !== now[name])
        : names.filter((name) => ['qty', 'unit', 'unit_cost', 'price', 'currency'].includes(name));
    return h(
        'ul',
        { class: 'plain-list' },
        told.map((name) => h('li', null, `${wordOf(name)}: `, old && [value(old[name]), ' → '], value(now[name]))),
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
