/* Tables: real ones, whose rows are patched. At 390 px a row becomes a card: the first column and the main one on line one. */
import { fill, h, put, text } from './dom.js';
import { list } from './list.js';
import { button, empty, loading, problemBox } from './parts.js';
import { t } from '../js/words.js';
import { get } from '../js/api.js';

/**
 * @typedef {object} Column
 * @property {string} head
 * @property {(row: any) => Node | string | (Node | string | false | null)[]} cell
 * @property {string} [kind] num: to the right; main: beside the first on a phone; bare: without its head there; wide: a line of its own; act: buttons
 * @property {(td: HTMLElement, row: any) => void} [patch]
 */

/** @param {{caption: string, columns: Column[], key: (row: any) => string, grid?: boolean, open?: (row: any) => void}} options */
export function table(options) {
    const { columns } = options;
    const body = h('tbody', { role: 'rowgroup' });
    const head = h(
        'tr',
        { role: 'row' },
        columns.map((column) =>
            h(
                'th',
                { role: 'columnheader', scope: 'col', class: column.kind ?? '' },
                column.head || h('span', { class: 'spoken' }, t('Actions')),
            ),
        ),
    );
    const el = h(
        'table',
        { class: options.grid ? 'table grid' : 'table cards', role: 'table' },
        h('caption', { class: 'spoken' }, options.caption),
        h('thead', { role: 'rowgroup' }, head),
        body,
    );
    const make = (/** @type {any} */ row) => makeRow(columns, row);
    const patch = (/** @type {Element} */ tr, /** @type {any} */ row) => patchRow(columns, tr, row);
    body.addEventListener('keydown', (event) => walk(body, event));
    return { el, body, set: (/** @type {any[]} */ rows) => list(body, rows, options.key, make, patch) };
}

/** @param {Column[]} columns @param {any} row */
function makeRow(columns, row) {
    const cells = columns.map((column, i) => {
        const role = i === 0 ? 'rowheader' : 'cell';
        const td = h(i === 0 ? 'th' : 'td', { role, scope: i === 0 ? 'row' : null, class: column.kind ?? '', 'data-head': column.head });
        return put(td, column.cell(row));
    });
    return h('tr', { role: 'row' }, cells);
}

/** @param {Column[]} columns @param {Element} tr @param {any} row */
function patchRow(columns, tr, row) {
    columns.forEach((column, i) => {
        const td = /** @type {HTMLElement} */ (tr.children[i]);
        if (column.patch) column.patch(td, row);
        else {
            const value = column.cell(row);
            if (typeof value === 'string') text(td, value);
            else if (td.textContent !== wordsOf(value)) fill(td, value);
        }
    });
}

/** @param {Node | (Node | string | false | null)[]} value */
function wordsOf(value) {
    return (Array.isArray(value) ? value : [value]).map((part) => (part instanceof Node ? part.textContent : part || '')).join('');
}

/** Arrows, Home and End go from row to row, to the same control. @param {Element} body @param {KeyboardEvent} event */
function walk(body, event) {
    const from = event.target instanceof Element ? event.target.closest('tr') : null;
    if (!from || event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    const rows = [...body.children];
    const at = rows.indexOf(from);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? null : rows[to];
    const control = row?.querySelector('a, button');
    if (!(control instanceof HTMLElement)) return;
    event.preventDefault();
    control.focus();
}

/**
 * A list that the server gives in pages. Old rows leave the document at 600.
 * @param {{path: string, query: Record<string, any>, member: string, table: ReturnType<typeof table>, signal: AbortSignal, nothing: () => Node, shown?: (rows: any[], data: any) => void}} options
 */
export function pages(options) {
    const below = h('div', { class: 'pages' });
    const el = h('div', { class: 'pages-all' }, h('div', { class: 'table-frame', hidden: true }, options.table.el), below);
    const frame = /** @type {HTMLElement} */ (el.firstElementChild);
    /** @type {any[]} */
    let rows = [];
    let stop = new AbortController();
    let query = options.query;
    /** @param {string | null} cursor */
    const load = async (cursor) => {
        stop.abort();
        const mine = new AbortController();
        stop = mine;
        options.signal.addEventListener('abort', () => mine.abort());
        let left = false;
        const done = loading(below, mine.signal, () => ((left = true), mine.abort()));
        const answer = await get(options.path, { ...query, cursor: cursor ?? '' }, { signal: mine.signal });
        done();
        if (options.signal.aborted || stop !== mine) return;
        if (!answer.ok) {
            fill(below, left ? button(t('Load more'), () => load(cursor)) : problemBox(answer.problem, () => load(cursor)));
            return;
        }
        rows = [...(cursor ? rows : []), ...answer.data[options.member]].slice(-600);
        options.table.set(rows);
        frame.hidden = rows.length === 0;
        options.shown?.(rows, answer.data);
        const next = answer.data.next_cursor;
        fill(below, next ? button(t('Load more'), () => load(next)) : rows.length === 0 ? options.nothing() : '');
    };
    load(null);
    return {
        el,
        again: () => load(null),
        /** Other filters. @param {Record<string, any>} next */
        ask: (next) => ((query = next), load(null)),
        rows: () => rows,
        set: (/** @type {any[]} */ next) => ((rows = next), options.table.set(rows)),
    };
}

/** @param {() => void} clear */
export function nothingMatches(clear) {
    return empty(t('Nothing matches.'), button(t('Clear filters'), clear));
}
