/* What happened to a price: runs and changes by hand, newest first. */
import { data, fill, h } from '../ui/dom.js';
import { button, empty, mark, problemBox } from '../ui/parts.js';
import { table } from '../ui/table.js';
import { change } from '../ui/change.js';
import { dec } from '../ui/number.js';
import { day, moment } from '../ui/date.js';
import { get } from '../js/api.js';
import { methodWord } from '../js/params.js';
import { t } from '../js/words.js';
import { componentField, componentValue } from './component_edit.js';

/** @param {any} run */
function outcome(run) {
    const words = {
        updated: t('price|changed'),
        unchanged: t('unchanged'),
        held: t('on hold'),
        no_quotes: t('no quotes'),
        cleared: t('cleared'),
    };
    const word = /** @type {Record<string, string>} */ (words)[run.outcome] ?? run.outcome;
    if (run.reviewed === 'approved') return [t('approved by'), ' ', data(run.reviewed_by)];
    if (run.reviewed === 'dismissed') return [t('dismissed by'), ' ', data(run.reviewed_by)];
    return run.outcome === 'held' ? mark('held', 'hold', word) : word;
}

/** @param {string | null} before @param {string | null} after */
const moved = (before, after) => `${before === null ? '–' : dec(before, 'money')} → ${after === null ? '–' : dec(after, 'money')}`;

/** @param {any} entry */
function what(entry) {
    if (!entry.changes) return methodWord(entry.method);
    return h(
        'div',
        null,
        entry.changes.map((/** @type {any} */ one) =>
            h(
                'div',
                null,
                componentField(one.field),
                ': ',
                data(componentValue(one.field, one.old)),
                ' → ',
                data(componentValue(one.field, one.new)),
            ),
        ),
        entry.reason && h('div', { class: 'muted' }, data(entry.reason)),
    );
}

/** The row of a point of the plot. @param {any} entry */
function when(entry) {
    const key = `${entry.changes ? 'm' : entry.outcome === 'held' && entry.reviewed !== 'approved' ? 'h' : 'r'}${entry.id}`;
    return h('span', { tabindex: '-1', 'data-key': key }, moment(entry.created_at ?? entry.edited_at));
}

/** @param {any} options `Shown` with page, show(run), grown(shown) */
export function historyTable(options) {
    const { one, runs, edits, run } = options;
    const rows = [...runs, ...edits].sort((a, b) => (b.created_at ?? b.edited_at).localeCompare(a.created_at ?? a.edited_at));
    const quotes = (/** @type {any} */ entry) => {
        if (entry.changes || !entry.quotes?.length) return '';
        if (entry === run) return h('span', { class: 'muted' }, t('shown above'));
        return button(t('Quotes'), () => options.show(entry), { describe: t('Quotes of the run as of {day}', { day: day(entry.as_of) }) });
    };
    const made = table({
        caption: t('History'),
        key: (entry) => (entry.changes ? `e${entry.id}` : `r${entry.id}`),
        columns: [
            { head: t('When'), cell: when },
            { head: t('As of'), cell: (entry) => (entry.as_of ? day(entry.as_of) : '') },
            { head: t('What'), cell: what },
            { head: t('Price'), kind: 'num main', cell: (entry) => (entry.changes ? '' : moved(entry.old_price, entry.new_price)) },
            {
                head: t('Change'),
                kind: 'num',
                cell: (entry) => (entry.changes || entry.change_pct === null ? '' : change(entry.change_pct)),
            },
            {
                head: t('Quotes used'),
                kind: 'num',
                cell: (entry) => (entry.changes ? '' : t('{used} of {all}', { used: entry.n_used, all: entry.n_quotes })),
            },
            { head: t('Result'), cell: (entry) => (entry.changes ? [t('who|by'), ' ', data(entry.edited_by)] : outcome(entry)) },
            { head: '', kind: 'act', cell: quotes },
        ],
    });
    made.set(rows);
    const below = h('div', { class: 'pages' });
    const more = async () => {
        const path = `api/components/${encodeURIComponent(one.lot_code)}/price-history`;
        const answer = await get(path, { limit: options.page, cursor: options.next }, { signal: options.signal });
        if (options.signal.aborted) return;
        if (!answer.ok) return void fill(below, problemBox(answer.problem, more));
        const found = answer.data;
        options.grown({ ...options, runs: [...runs, ...found.runs], edits: [...edits, ...found.edits], next: found.next_cursor });
    };
    if (options.next) fill(below, button(t('Load more'), more));
    return h(
        'section',
        { class: 'block' },
        h('h2', null, t('History')),
        rows.length ? h('div', { class: 'table-frame' }, made.el) : empty(t('Nothing has happened yet.')),
        below,
    );
}
