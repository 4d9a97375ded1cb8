/* The history of imports, of stock and of quotes, with undo. */
import { data, fileName, h, put } from '../ui/dom.js';
import { button, heading, link, mark } from '../ui/parts.js';
import { choicesOf, filters } from '../ui/filters.js';
import { int } from '../ui/number.js';
import { day, moment } from '../ui/date.js';
import { nothingMatches, pages, table } from '../ui/table.js';
import { go, hashOf } from '../js/router.js';
import { t } from '../js/words.js';
import { follow } from './started.js';
import { askUndo } from './undo.js';

/** @typedef {'stock' | 'quotes'} Kind */

export const imports = {
    path: 'imports',
    under: 'stock',
    title: () => t('Import history'),
    takes: (/** @type {string[]} */ parts) =>
        parts[0] === 'stock' && parts[1] === 'imports' && (parts.length === 2 || (parts.length === 3 && parts[2] === 'quotes')),
    mount,
};

/** @param {Kind} kind @param {number} [id] */
export function importHash(kind, id) {
    const parts = kind === 'quotes' ? ['stock', 'imports', 'quotes'] : ['stock', 'imports'];
    return hashOf(id === undefined ? parts : [...parts, String(id)]);
}

/** @param {Kind} kind @param {any} one */
export function importState(kind, one) {
    if (one.undo_refused === 'undone')
        return [mark('muted', 'close', t('undone')), ' ', link(`${one.undone_by}`, importHash(kind, one.undone_by))];
    if (one.can_undo) return mark('ok', 'done', t('latest'));
    return one.undo_refused === 'later-imports' ? t('later ones exist') : t('too old to undo');
}

/** What an undo or a redo was of. @param {Kind} kind @param {any} one */
export function importName(kind, one) {
    const of = one.of_import && link(t('import {n}', { n: one.of_import }), importHash(kind, one.of_import));
    if (one.effect === 'undo') return [t('Undo of an import'), ': ', of];
    return one.effect === 'redo' ? [t('Import made again'), ': ', of] : [fileName(one.file_name)];
}

/** @param {Kind} kind @param {any} one @returns {[string, number][]} */
export function importCounts(kind, one) {
    const own =
        kind === 'quotes'
            ? [t('count|new'), one.inserted, t('replaced'), one.replaced + one.superseded]
            : [t('count|new'), one.inserted, t('count|changed'), one.updated];
    return [
        [String(own[0]), own[1]],
        [String(own[2]), own[3]],
        ...(kind === 'quotes' ? [] : [/** @type {[string, number]} */ ([t('count|deleted'), one.deleted])]),
        [t('unchanged'), one.unchanged],
    ];
}

/** @param {any} one @param {(one: any) => void} undo */
function undoButton(one, undo) {
    const label = one.effect === 'undo' ? t('Make it again') : t('Undo');
    return button(label, () => undo(one), { scope: 'start', describe: `${label}: ${t('import {n}', { n: one.id })}` });
}

/** @param {Kind} kind @param {(one: any) => void} undo */
function importTable(kind, undo) {
    return table({
        caption: t('Import history'),
        key: (one) => String(one.id),
        columns: [
            { head: t('When'), cell: (one) => h('a', { href: importHash(kind, one.id) }, moment(one.created_at)) },
            { head: t('File'), kind: 'bare', cell: (one) => importName(kind, one) },
            { head: kind === 'quotes' ? t('Party') : t('Warehouse'), kind: 'main', cell: (one) => data(one.party ?? one.warehouse) },
            { head: t('As of'), cell: (one) => day(one.quoted_on ?? one.stock_date) },
            { head: t('Rows'), kind: 'num', cell: (one) => (one.rows_total ? int(one.rows_total) : '') },
            { head: t('Refused'), kind: 'num', cell: (one) => (one.rows_rejected ? int(one.rows_rejected) : '') },
            ...importCounts(kind, {}).map(([head], i) => ({
                head,
                kind: 'num',
                cell: (/** @type {any} */ one) => int(importCounts(kind, one)[i][1]),
            })),
            { head: t('Who'), cell: (one) => data(one.requested_by) },
            { head: t('State'), cell: (one) => importState(kind, one) },
            {
                head: '',
                kind: 'act',
                cell: (one) => (one.can_undo ? undoButton(one, undo) : ''),
            },
        ],
    });
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, parts, query, signal }) {
    const kind = parts[2] === 'quotes' ? 'quotes' : 'stock';
    const fault = h('div', null);
    const asked = (/** @type {Record<string, string>} */ now) => ({
        [kind === 'quotes' ? 'party' : 'warehouse']: now.wh,
        from: now.from,
        to: now.to,
        limit: 100,
    });
    const undo = (/** @type {any} */ one) =>
        askUndo(kind, one.id, one, one.file_name, fault, (task) =>
            follow(task, fault, signal, () => (fault.replaceChildren(), rows.again())),
        );
    const rows = pages({
        path: `api/${kind}/imports`,
        query: asked(query),
        member: 'imports',
        table: importTable(kind, undo),
        signal,
        nothing: () =>
            location.hash.includes('?') ? nothingMatches(() => go(parts)) : h('p', { class: 'empty' }, t('Nothing was imported yet.')),
    });
    const places =
        kind === 'quotes'
            ? choicesOf('api/parties', 'parties', (row) => [row.code, `${row.code} ${row.name}`], signal)
            : choicesOf('api/warehouses', 'warehouses', (row) => [row.code, `${row.code} ${row.name}`], signal);
    const above = filters({ parts, query, signal, changed: (now) => rows.ask(asked(now)) })
        .choice(kind === 'quotes' ? t('Supplier or competitor') : t('Warehouse'), 'wh', [['', t('All')]], places)
        .date(t('From'), 'from')
        .date(t('To'), 'to')
        .ready();
    const tab = (/** @type {Kind} */ one, /** @type {string} */ label) =>
        h('a', { href: importHash(one), 'aria-current': one === kind ? 'true' : null }, label);
    put(
        main,
        heading(t('Import history'), link(t('Stock'), '#/stock', 'button')),
        h('nav', { class: 'tabs', 'aria-label': t('Kind of import') }, tab('stock', t('Stock')), tab('quotes', t('Quotes'))),
        above.el,
        fault,
        rows.el,
    );
}
