/* Components and their prices: search, category, state. */
import { data, h } from '../ui/dom.js';
import { empty, heading, link, mark } from '../ui/parts.js';
import { choicesOf, filters } from '../ui/filters.js';
import { dec } from '../ui/number.js';
import { day, localDay } from '../ui/date.js';
import { nothingMatches, pages, table } from '../ui/table.js';
import { go, hashOf } from '../js/router.js';
import { currency } from '../js/session.js';
import { t } from '../js/words.js';

export const prices = {
    path: 'prices',
    label: () => t('Prices'),
    title: () => t('Prices'),
    rail: true,
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'prices',
    mount,
};

/** @param {string} state */
export function stateWord(state) {
    const words = { fresh: t('fresh'), stale: t('stale'), manual: t('manual'), none: t('no price') };
    return /** @type {Record<string, string>} */ (words)[state] ?? state;
}

/** @param {string} state */
export function stateMark(state) {
    const [tone, name] = { fresh: ['ok', 'done'], stale: ['warn', 'waiting'], manual: ['accent', 'lock'] }[state] ?? ['muted', 'close'];
    return mark(tone, name, stateWord(state));
}

function priceTable() {
    return table({
        caption: t('Prices'),
        key: (row) => row.lot_code,
        columns: [
            { head: t('Lot'), cell: (row) => h('a', { href: hashOf(['prices', row.lot_code]) }, data(row.lot_code)) },
            { head: t('Name'), kind: 'bare', cell: (row) => data(row.name) },
            { head: t('Category'), kind: 'bare', cell: (row) => data(row.category) },
            { head: t('Price, {currency}', { currency: currency() }), kind: 'num main', cell: (row) => dec(row.price, 'money') },
            {
                head: t('State'),
                kind: 'bare',
                cell: (row) => [stateMark(row.price_state), !row.active && h('div', { class: 'muted' }, t('switched off'))],
            },
            { head: t('As of'), cell: (row) => day(row.price_as_of) },
            { head: t('Changed'), cell: (row) => localDay(row.price_changed_at) },
        ],
    });
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, query, signal }) {
    const asked = (/** @type {Record<string, string>} */ now) => ({ q: now.q, category: now.cat, state: now.state, limit: 200 });
    const rows = pages({
        path: 'api/components',
        query: asked(query),
        member: 'components',
        table: priceTable(),
        signal,
        nothing: () => {
            if (Object.keys(query).length || location.hash.includes('?')) return nothingMatches(() => go(['prices']));
            return empty(t('There are no components yet: import the catalogue first.'), link(t('Choose files'), '#/', 'button primary'));
        },
    });
    const categories = choicesOf('api/categories', 'categories', (row) => [row.category, row.category], signal);
    const above = filters({ parts: ['prices'], query, signal, changed: (now) => rows.ask(asked(now)) })
        .text(t('Code, name, part number'), 'q')
        .choice(t('Category'), 'cat', [['', t('All')]], categories)
        .tabs(t('State'), 'state', [
            ['', t('All')],
            ['fresh', t('fresh')],
            ['stale', t('stale')],
            ['manual', t('manual')],
            ['none', t('no price')],
        ])
        .ready();
    main.append(heading(t('Prices')), above.el, rows.el);
}
