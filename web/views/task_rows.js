/* The rows that an import refused or took with a warning: where, what stands there, why, and what could be meant. */
import { data, h } from '../ui/dom.js';
import { empty, mark } from '../ui/parts.js';
import { pages, table } from '../ui/table.js';
import { reason } from '../js/reasons.js';
import { t } from '../js/words.js';

/** @param {any} row */
export function place(row) {
    const cell = row.row === null ? '' : `${row.column ?? ''}${row.row}`;
    return h('span', null, h('b', null, cell || t('the file')), row.sheet && h('span', { class: 'muted' }, ' ', data(row.sheet)));
}

/** The place stands in its own column. @param {string} message */
export function bare(message) {
    const rest = message.replace(/^(Sheet «[^»]*», )?([Rr]ow \d+)?(, column [A-Z]+( «[^»]*»)?)?: /, '');
    return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** @param {any} row */
function suggestions(row) {
    if (!row.suggestions.length) return '';
    return h(
        'ul',
        { class: 'plain-list' },
        row.suggestions.map((/** @type {any} */ one) => h('li', null, h('b', null, data(one.lot)), ' ', data(one.name ?? ''))),
    );
}

/** @param {any} task @param {AbortSignal} signal @param {(any: boolean) => void} found */
export function refusedRows(task, signal, found) {
    const rows = table({
        caption: t('Refused rows and warnings'),
        key: (row) => `${row.sheet}/${row.row}/${row.column}/${row.code}`,
        columns: [
            { head: t('Cell'), cell: place },
            {
                head: t('Kind'),
                kind: 'main',
                cell: (row) => (row.severity === 'error' ? mark('bad', 'failed', t('refused')) : mark('warn', 'question', t('warning'))),
            },
            { head: t('Column'), cell: (row) => data(row.caption ?? '') },
            { head: t('Text'), cell: (row) => data(row.text ?? '') },
            { head: t('Why'), cell: (row) => reason(row.code, row.args ?? {}, bare(row.message)) },
            { head: t('Suggestions'), cell: suggestions },
        ],
    });
    const shown = (/** @type {any[]} */ all) => found(all.length > 0);
    return pages({
        path: task.links.rows.replace(/^\//, ''),
        query: { limit: 100 },
        member: 'rows',
        table: rows,
        signal,
        nothing: () => empty(t('Nothing was refused.')),
        shown,
    }).el;
}
