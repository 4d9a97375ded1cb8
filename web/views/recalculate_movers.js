/* How far prices move in a trial, and which move most. The histogram is a filter. */
import { fill, h } from '../ui/dom.js';
import { change, changeBar, distance } from '../ui/change.js';
import { barWords, histogram } from '../ui/histogram.js';
import { dec, int, scaled } from '../ui/number.js';
import { button, download, empty, lotLink, mark } from '../ui/parts.js';
import { table } from '../ui/table.js';
import { lang, t } from '../js/words.js';

/** @param {any} row @param {{from: string | null, to: string | null}} bar */
function within(row, bar) {
    const at = scaled(row.pct, 2);
    return (bar.from === null || at >= scaled(bar.from, 2)) && (bar.to === null || at < scaled(bar.to, 2));
}

/** All changes of a run or a trial, for Excel of the page's language. @param {any} task */
export function changesFile(task) {
    return download(t('All changes as .csv'), `api/tasks/${task.id}/changes.csv?${lang() === 'ru' ? 'excel=ru' : 'bom=true'}`);
}

/** @param {any} task a trial */
export function movers(task) {
    const r = task.result;
    const all = [...r.changes.up, ...r.changes.down].sort((a, b) => (distance(b.pct) > distance(a.pct) ? 1 : -1));
    const most = all.length ? distance(all[0].pct) : 0n;
    const rows = table({
        caption: t('Largest movers'),
        key: (row) => row.lot_code,
        columns: [
            { head: t('Lot'), cell: (row) => lotLink(row.lot_code) },
            { head: t('Was'), kind: 'num', cell: (row) => dec(row.old, 'money') },
            { head: t('Will be'), kind: 'num', cell: (row) => dec(row.new, 'money') },
            { head: t('Change'), kind: 'main num', cell: (row) => change(row.pct) },
            { head: t('State'), cell: (row) => (row.held ? mark('held', 'hold', t('On hold')) : '') },
            { head: t('Size'), kind: 'wide', cell: (row) => changeBar(row.pct, most) },
        ],
    });
    const said = h('p', { class: 'filter-said', role: 'status' });
    const nothing = h('div', null);
    let chosen = -1;
    const choose = (/** @type {number} */ at) => {
        chosen = at === chosen ? -1 : at;
        chart.set(chosen);
        draw();
    };
    const chart = histogram(t('Lots by change of price'), r.histogram, -1, choose);
    const draw = () => {
        const shown = chosen < 0 ? all : all.filter((row) => within(row, r.histogram[chosen]));
        const n =
            chosen < 0 ? r.histogram.reduce((/** @type {number} */ sum, /** @type {any} */ bar) => sum + bar.n, 0) : r.histogram[chosen].n;
        rows.set(shown);
        const places = { n: int(shown.length), all: int(n), by: chosen < 0 ? '' : barWords(r.histogram[chosen]) };
        said.textContent = chosen < 0 ? t('Shown: {n} of {all}, the largest', places) : t('Shown: {n} of {all} ({by})', places);
        fill(
            nothing,
            shown.length ? '' : empty(t('Nothing matches.'), chosen < 0 ? undefined : button(t('Clear filters'), () => choose(chosen))),
        );
    };
    draw();
    return h(
        'section',
        { class: 'block' },
        h('div', { class: 'block-head' }, h('h2', null, t('Largest movers')), changesFile(task)),
        chart.el,
        said,
        h('div', { class: 'table-frame' }, rows.el),
        nothing,
    );
}
