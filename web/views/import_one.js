/* One import: what it did, whether it can be taken back, and what comes after it. */
import { data, fill, h, put } from '../ui/dom.js';
import { button, heading, link, loading, problemBox } from '../ui/parts.js';
import { int } from '../ui/number.js';
import { day, moment } from '../ui/date.js';
import { get } from '../js/api.js';
import { hashOf } from '../js/router.js';
import { t } from '../js/words.js';
import { importCounts, importHash, importName, importState } from './imports.js';
import { follow } from './started.js';
import { askUndo } from './undo.js';

export const importOne = {
    path: 'import-one',
    under: 'stock',
    title: () => t('Import'),
    takes: (/** @type {string[]} */ parts) =>
        parts[0] === 'stock' && parts[1] === 'imports' && /^\d+$/.test(parts.at(-1) ?? '') && parts.length <= 4,
    mount,
};

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, signal, again }) {
    const kind = parts[2] === 'quotes' ? 'quotes' : 'stock';
    const id = parts[parts.length - 1];
    const body = h('div', null);
    put(main, heading(t('Import {n}', { n: id }), link(t('Import history'), importHash(kind), 'button')), body);
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const done = loading(body, stop.signal, () => stop.abort());
    const answer = await get(`api/${kind}/imports/${id}`, {}, { signal: stop.signal });
    done();
    if (signal.aborted) return;
    if (!answer.ok)
        return void fill(body, answer.problem.kind === 'left' ? button(t('Try again'), again) : problemBox(answer.problem, again));
    draw(body, kind, answer.data, signal, again);
}

/** @param {HTMLElement} body @param {'stock' | 'quotes'} kind @param {any} one @param {AbortSignal} signal @param {() => void} again */
function draw(body, kind, one, signal, again) {
    const fault = h('div', null);
    const fact = (/** @type {string} */ name, /** @type {any} */ value) => h('div', null, h('dt', null, name), h('dd', null, value));
    const undo = () => askUndo(kind, one.id, one, one.file_name, fault, (task) => follow(task, fault, signal, again));
    const place = one.party ?? one.warehouse;
    const where = kind === 'quotes' ? data(place) : link(place, hashOf(['stock'], { wh: place }));
    fill(
        body,
        h('p', { class: 'import-name' }, importName(kind, one)),
        h(
            'dl',
            { class: 'counts' },
            [[t('Rows'), one.rows_total], [t('Refused'), one.rows_rejected], ...importCounts(kind, one)].map(([name, n]) =>
                fact(String(name), int(n)),
            ),
        ),
        h(
            'dl',
            { class: 'facts import-facts' },
            fact(kind === 'quotes' ? t('Party') : t('Warehouse'), where),
            fact(t('As of'), day(one.quoted_on ?? one.stock_date)),
            fact(t('When'), moment(one.created_at)),
            fact(t('Who'), data(one.requested_by)),
            fact(t('State'), importState(kind, one)),
            fact(t('Task'), link(t('Task with its refused rows'), `#/tasks/${one.task_id}`)),
            one.undo_until && fact(t('Can be undone until'), moment(one.undo_until)),
        ),
        h(
            'div',
            { class: 'row' },
            one.can_undo && button(one.effect === 'undo' ? t('Make it again') : t('Undo import'), undo, { scope: 'start' }),
            one.undo_refused === 'later-imports' &&
                link(
                    t('Show the later ones'),
                    hashOf(kind === 'quotes' ? ['stock', 'imports', 'quotes'] : ['stock', 'imports'], { wh: place }),
                    'button',
                ),
        ),
        fault,
    );
}
