/* Paper has all rows, not the page that is loaded. */
import { h } from '../ui/dom.js';
import { button, dialog } from '../ui/parts.js';
import { int } from '../ui/number.js';
import { get } from '../js/api.js';
import { t } from '../js/words.js';

export const PRINT_MOST = 5000;

/** @param {any[]} rows @param {{set: (rows: any[]) => void}} table @param {() => void} back @param {Node[]} files */
export function printRows(rows, table, back, files) {
    if (rows.length > PRINT_MOST)
        return void dialog(t('Too many rows for paper'), (close) => [
            h('p', null, t('At most {most} rows are printed. Narrow the filter or take the file.', { most: int(PRINT_MOST) })),
            h('div', { class: 'row' }, files, button(t('Close'), close)),
        ]);
    table.set(rows);
    addEventListener('afterprint', back, { once: true });
    print();
}

/**
 * The same of a list that the server gives in pages.
 * @param {{path: string, query: Record<string, any>, member: string, table: {set: (rows: any[]) => void}, back: () => void, files: Node[], signal: AbortSignal}} options
 * @returns {Promise<import('../js/api.js').Problem | null>}
 */
export async function printPages(options) {
    /** @type {any[]} */
    const rows = [];
    let cursor = '';
    do {
        const answer = await get(options.path, { ...options.query, limit: 200, cursor }, { signal: options.signal });
        if (!answer.ok) return answer.problem;
        rows.push(...answer.data[options.member]);
        cursor = answer.data.next_cursor ?? '';
    } while (cursor && rows.length <= PRINT_MOST);
    if (!options.signal.aborted) printRows(rows, options.table, options.back, options.files);
    return null;
}
