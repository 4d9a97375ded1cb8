/* Paper has all rows, not the page that is loaded. */
import { h } from '../ui/dom.js';
import { button, dialog } from '../ui/parts.js';
import { int } from '../ui/number.js';
import { t } from '../js/words.js';

export const PRINT_MOST = 5000;

/** @param {any[]} rows @param {number} n all of them @param {{set: (rows: any[]) => void}} table @param {() => void} back @param {Node[]} files */
export function printRows(rows, n, table, back, files) {
    if (n > PRINT_MOST)
        return void dialog(t('Too many rows for paper'), (close) => [
            h('p', null, t('{n} rows, at most {most} are printed. Take the file.', { n: int(n), most: int(PRINT_MOST) })),
            h('div', { class: 'row' }, files, button(t('Close'), close)),
        ]);
    table.set(rows);
    addEventListener('afterprint', back, { once: true });
    print();
}
