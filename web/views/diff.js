/* Two price lists side by side: what went up, down, came and went. */
import { data, fill, h, put } from '../ui/dom.js';
import { change } from '../ui/change.js';
import { button, download, empty, heading, link, loading, lotLink, problemBox } from '../ui/parts.js';
import { dec, int, scaled } from '../ui/number.js';
import { barWords, histogram } from '../ui/histogram.js';
import { table } from '../ui/table.js';
import { get } from '../js/api.js';
import { hashOf, keepInPath } from '../js/router.js';
import { sourceName } from '../js/tasktext.js';
import { lang, t } from '../js/words.js';
import { PRINT_MOST, printRows } from './printing.js';

export const diff = {
    path: 'diff',
    under: 'lists',
    title: () => t('Compare'),
    takes: (/** @type {string[]} */ parts) => parts.length === 4 && parts[0] === 'lists' && parts[2] === 'diff',
    mount,
};

const PAGE = 200;
const FARTHEST = 20;
const STATUSES = ['up', 'down', 'added', 'removed', 'same'];

/** @param {string} status */
function statusWord(status) {
    switch (status) {
        case 'up':
            return t('up');
        case 'down':
            return t('down');
        case 'added':
            return t('added');
        case 'removed':
            return t('removed');
        default:
            return t('same');
    }
}

/** A change in whole percent, rounded; beyond the last bar it is in the last one. @param {string} pct */
function percentOf(pct) {
    const hundredths = scaled(pct, 2);
    const near = (hundredths + (hundredths < 0n ? -50n : 50n)) / 100n;
    return parseInt(String(near < -FARTHEST ? -FARTHEST : near > FARTHEST ? FARTHEST : near), 10);
}

/** @param {number} n odd */
function halves(n) {
    return `${n < 0 ? '-' : ''}${Math.floor(Math.abs(n) / 2)}.50`;
}

/** One bar per percent, around nothing and as far as the list goes. @param {any[]} rows */
function barsOf(rows) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const row of rows)
        if (row.status === 'up' || row.status === 'down') counts.set(percentOf(row.pct), (counts.get(percentOf(row.pct)) ?? 0) + 1);
    const low = Math.max(-FARTHEST, Math.min(-4, ...counts.keys()) - 1);
    const high = Math.min(FARTHEST, Math.max(4, ...counts.keys()) + 1);
    return Array.from({ length: high - low + 1 }, (_, i) => {
        const at = low + i;
        return {
            at,
            from: at === -FARTHEST ? null : halves(2 * at - 1),
            to: at === FARTHEST ? null : halves(2 * at + 1),
            n: counts.get(at) ?? 0,
        };
    });
}

/** @param {any} list */
function sideOf(list) {
    return h('span', null, link(list.version, hashOf(['lists', list.id])), ' ', h('span', { class: 'h1-about' }, sourceName(list.source)));
}

function rowTable(/** @type {string} */ currency) {
    return table({
        caption: t('Compare'),
        grid: true,
        key: (row) => row.lot_code,
        columns: [
            { head: t('Lot'), cell: (row) => lotLink(row.lot_code) },
            { head: t('Name'), cell: (row) => data(row.name) },
            { head: t('Old, {currency}', { currency }), kind: 'num', cell: (row) => dec(row.old, 'money') },
            { head: t('New, {currency}', { currency }), kind: 'num', cell: (row) => dec(row.new, 'money') },
            { head: t('Difference'), kind: 'num', cell: (row) => (row.status === 'up' ? '+' : '') + dec(row.delta, 'money') },
            { head: t('Change'), kind: 'num', cell: (row) => (row.pct === null ? statusWord(row.status) : change(row.pct)) },
        ],
    });
}

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, query, signal, again }) {
    const body = h('div', null);
    put(main, heading(t('Compare')), body);
    const done = loading(body, signal, () => history.back());
    const answer = await get(
        `api/pricelists/${encodeURIComponent(parts[1])}/diff/${encodeURIComponent(parts[3])}`,
        {},
        { signal, ms: 60000 },
    );
    done();
    if (signal.aborted) return;
    if (!answer.ok) return void fill(body, problemBox(answer.problem, again), h('p', null, link(t('Price lists'), '#/lists')));
    show(answer.data, main, body, { parts, query, signal });
}

/** @param {any} found @param {HTMLElement} main @param {HTMLElement} body @param {{parts: string[], query: Record<string, string>, signal: AbortSignal}} visit */
function show(found, main, body, { parts, query, signal }) {
    const rows = rowTable(found.b.currency);
    const bars = barsOf(found.rows);
    const below = h('div', { class: 'pages' });
    const said = h('p', { class: 'filter-said', role: 'status' });
    const frame = h('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': t('Compare') }, rows.el);
    let status = STATUSES.includes(query.show) ? query.show : '';
    let bar = bars.findIndex((one) => String(one.at) === query.change);
    let n = PAGE;
    const matching = () =>
        found.rows.filter(
            (/** @type {any} */ row) =>
                (!status || row.status === status) &&
                (bar < 0 || ((row.status === 'up' || row.status === 'down') && percentOf(row.pct) === bars[bar].at)),
        );
    const draw = () => {
        const all = matching();
        rows.set(all.slice(0, n));
        frame.hidden = all.length === 0;
        said.textContent = words(all.length);
        const more = () => ((n += PAGE), draw());
        fill(
            below,
            all.length > n
                ? button(t('Load more'), more)
                : all.length === 0
                  ? empty(t('Nothing matches.'), button(t('Clear filters'), clear))
                  : '',
        );
        tabs.querySelectorAll('button').forEach((tab) => tab.setAttribute('aria-pressed', String(tab.dataset.status === status)));
        chart.set(bar);
    };
    const words = (/** @type {number} */ count) => {
        const by = [status && statusWord(status), bar >= 0 && barWords(bars[bar])].filter(Boolean).join(', ');
        return by ? t('Shown: {n} ({by})', { n: int(count), by }) : t('Shown: {n}', { n: int(count) });
    };
    const choose = (/** @type {string} */ newStatus, /** @type {number} */ newBar) => {
        status = newStatus;
        bar = newBar;
        n = PAGE;
        keepInPath(parts, { show: status, change: bar < 0 ? '' : bars[bar].at });
        draw();
    };
    const clear = () => choose('', -1);
    const chart = histogram(t('Lots by change of price'), bars, bar, (at) => choose(status, at === bar ? -1 : at));
    const tabs = statusTabs((one) => choose(one, bar));
    const files = [found.a, found.b].map((one) => download(`${one.version} .xlsx`, `api/pricelists/${one.id}/export.xlsx?lang=${lang()}`));
    const print = () => printRows(matching(), rows, draw, files);
    const h1 = h('h1', { tabindex: '-1' }, sideOf(found.a), ' → ', sideOf(found.b));
    main.querySelector('h1')?.replaceWith(h1);
    fill(body, totals(found.summary), h('div', { class: 'row filters' }, tabs, button(t('Print'), print)), chart.el, said, frame, below);
    draw();
    h1.focus({ preventScroll: true });
    addEventListener('beforeprint', () => matching().length <= PRINT_MOST && rows.set(matching()), { signal });
    addEventListener('afterprint', draw, { signal });
}

/** @param {(status: string) => void} choose */
function statusTabs(choose) {
    const tab = (/** @type {string} */ status, /** @type {string} */ label) =>
        h('button', { type: 'button', class: 'button', 'data-status': status, onclick: () => choose(status) }, label);
    return h(
        'div',
        { class: 'row', role: 'group', 'aria-label': t('Filter') },
        tab('', t('All')),
        STATUSES.map((status) => tab(status, statusWord(status))),
    );
}

/** @param {any} summary */
function totals(summary) {
    const pair = (/** @type {string} */ name, /** @type {string} */ value) => h('div', null, h('dt', null, name), h('dd', null, value));
    return h(
        'dl',
        { class: 'counts block' },
        STATUSES.map((status) => pair(statusWord(status), int(summary[status]))),
        summary.avg_pct !== null && pair(t('on average'), `${dec(summary.avg_pct, 'percent')}\u00a0%`),
    );
}
