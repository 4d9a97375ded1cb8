/* Price lists: all of them by source, two to compare, files to take away. */
import { data, fill, h, put } from '../ui/dom.js';
import { button, dialog, download, empty, heading, link, mark, problemBox } from '../ui/parts.js';
import { filters } from '../ui/filters.js';
import { int } from '../ui/number.js';
import { day, moment } from '../ui/date.js';
import { pages, table } from '../ui/table.js';
import { send } from '../js/api.js';
import { onKey } from '../js/keys.js';
import { go, hashOf } from '../js/router.js';
import { sourceName } from '../js/tasktext.js';
import { lang, t } from '../js/words.js';

export const lists = {
    path: 'lists',
    label: () => t('Price lists'),
    title: () => t('Price lists'),
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'lists',
    mount,
};

export const SOURCES = ['estimate', 'warehouse', 'competitor'];

/** The files of a list. @param {any} one */
export function files(one) {
    const base = `api/pricelists/${one.id}`;
    const name = (/** @type {string} */ kind) => t('{list} as {kind}', { list: one.version, kind });
    return {
        xlsx: () => download('.xlsx', `${base}/export.xlsx?lang=${lang()}`, name('.xlsx')),
        csv: () => download('.csv', `${base}/export-csv?lang=${lang()}`, name('.csv')),
        excel: () => download(t('CSV for Excel (Russia)'), `${base}/export-csv?excel=ru`),
    };
}

/** @param {any} one @param {(answer: import('../js/api.js').Answer) => void} done */
export function archiveButton(one, done) {
    const act = async () =>
        done(
            one.archived_at
                ? await send('POST', `api/pricelists/${one.id}/unarchive`, { body: {} })
                : await send('DELETE', `api/pricelists/${one.id}`),
        );
    return button(one.archived_at ? t('Take out of the archive') : t('Archive'), act, { scope: 'edit' });
}

/** At most two are ticked: the third lets the first go. @param {HTMLElement} bar */
function ticks(bar) {
    /** @type {any[]} */
    const chosen = [];
    /** @type {Map<number, HTMLInputElement>} */
    const boxes = new Map();
    const draw = () => {
        const [a, b] = [...chosen].sort((x, y) => x.id - y.id);
        const same = chosen.length === 2 && a.currency === b.currency;
        bar.hidden = chosen.length === 0;
        fill(
            bar,
            h('span', null, t('selected: {n}', { n: chosen.length })),
            same ? link(t('Compare 2'), hashOf(['lists', a.id, 'diff', b.id]), 'button primary') : null,
            same ? null : chosen.length === 2 ? t('Lists of two currencies cannot be compared.') : t('Tick a second list to compare them.'),
        );
    };
    const change = (/** @type {any} */ one, /** @type {boolean} */ on) => {
        if (on) chosen.push(one);
        else
            chosen.splice(
                chosen.findIndex((other) => other.id === one.id),
                1,
            );
        const gone = chosen.length > 2 ? chosen.shift() : null;
        const box = gone && boxes.get(gone.id);
        if (box) box.checked = false;
        draw();
    };
    return (/** @type {any} */ one) => {
        const box = h('input', {
            type: 'checkbox',
            checked: chosen.some((other) => other.id === one.id),
            'aria-label': t('Choose {what}', { what: one.version }),
        });
        box.addEventListener('change', () => change(one, box.checked));
        boxes.set(one.id, box);
        return box;
    };
}

/** @param {any} one @param {() => void} again */
function rowMenu(one, again) {
    const fault = h('div', null);
    const file = files(one);
    dialog(`${sourceName(one.source)} ${one.version}`, (close) => [
        h('div', { class: 'menu' }, file.xlsx(), file.csv(), file.excel()),
        h(
            'div',
            { class: 'menu' },
            archiveButton(one, (answer) => (answer.ok ? (close(), again()) : void fill(fault, problemBox(answer.problem)))),
        ),
        fault,
        button(t('Close'), close),
    ]);
}

/** @param {any} one @param {() => void} again */
function actions(one, again) {
    const compare = one.previous_id && link(t('Compare'), hashOf(['lists', one.previous_id, 'diff', one.id]), 'button');
    if (compare) compare.setAttribute('aria-label', t('Compare {what} with the one before', { what: one.version }));
    const more = button(t('More'), () => rowMenu(one, again), { describe: t('More of {what}', { what: one.version }) });
    return h('div', { class: 'acts' }, compare, files(one).xlsx(), more);
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, query, signal }) {
    const bar = h('div', { class: 'selection', role: 'status', hidden: true });
    const tick = ticks(bar);
    const rows = table({
        caption: t('Price lists'),
        key: (one) => `${one.id} ${one.archived_at ?? ''}`,
        columns: [
            {
                head: t('Version'),
                cell: (one) => h('span', { class: 'ticked' }, tick(one), link(one.version, hashOf(['lists', one.id]))),
                patch: () => {},
            },
            { head: t('Source'), cell: (one) => sourceName(one.source), kind: 'main' },
            { head: t('Currency'), cell: (one) => one.currency },
            { head: t('Items'), kind: 'num', cell: (one) => int(one.items) },
            { head: t('As of'), cell: (one) => day(one.as_of) },
            { head: t('Made'), cell: (one) => moment(one.created_at) },
            {
                head: t('Note'),
                cell: (one) => [
                    one.archived_at ? mark('muted', 'hold', t('Archived')) : '',
                    one.note ? h('span', { class: 'clamp' }, data(one.note)) : '',
                ],
            },
            { head: '', kind: 'act', cell: (one) => actions(one, () => all.again()), patch: () => {} },
        ],
    });
    const make = () => go(['lists', 'new']);
    const asked = (/** @type {Record<string, string>} */ q) => ({
        q: q.q,
        source: q.source,
        archived: q.archived ? 'all' : '',
        limit: 100,
    });
    let now = query;
    const changed = (/** @type {Record<string, string>} */ next) => ((now = { ...next }), all.ask(asked(now)));
    const above = filters({ parts: ['lists'], query, signal, changed })
        .text(t('Version, note'), 'q')
        .tabs(t('Source'), 'source', [['', t('All')], ...SOURCES.map((one) => /** @type {[string, string]} */ ([one, sourceName(one)]))])
        .tick(t('Archived ones too'), 'archived')
        .ready();
    const all = pages({
        path: 'api/pricelists',
        query: asked(query),
        member: 'pricelists',
        table: rows,
        signal,
        nothing: () =>
            Object.values(now).some(Boolean)
                ? empty(
                      t('Nothing matches.'),
                      button(t('Clear filters'), () => go(['lists'])),
                  )
                : empty(t('There is no price list yet.'), link(t('Create the first list'), '#/lists/new', 'button')),
    });
    put(main, heading(t('Price lists'), link(t('New price list'), '#/lists/new', 'button primary')), above.el, bar, all.el);
    onKey('n', make, signal, t('New price list'));
}
