/* Which held prices: of one run, one category, up or down, below a size. The filters stand in the path. */
import { h } from '../ui/dom.js';
import { field, select } from '../ui/parts.js';
import { int, dec } from '../ui/number.js';
import { momentText } from '../ui/date.js';
import { numberField } from '../ui/numberfield.js';
import { get } from '../js/api.js';
import { go, hashOf } from '../js/router.js';
import { t } from '../js/words.js';

/** As the API takes them. @param {Record<string, string>} query */
export function asked(query) {
    const all = { run: query.run, category: query.cat, direction: query.dir, below: query.below };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value));
}

/** @param {Record<string, string>} query */
export function inWords(query) {
    const parts = [
        query.run && t('of one run'),
        query.cat && t('category {name}', { name: query.cat }),
        query.dir && (query.dir === 'up' ? t('up') : t('down')),
        query.below && t('change below {n} %', { n: dec(query.below) }),
    ].filter(Boolean);
    return parts.length ? t('Filter: {what}.', { what: parts.join(', ') }) : t('All prices on hold.');
}

/** Recalculations that held something back. @param {AbortSignal} signal @returns {Promise<[string, string][]>} */
async function runs(signal) {
    const answer = await get('api/tasks', { type: 'recalculate', status: 'completed', view: 'full', limit: 50 }, { signal });
    if (!answer.ok) return [];
    return answer.data.tasks
        .filter((/** @type {any} */ task) => task.result?.held > 0 && !task.result.dry_run)
        .map((/** @type {any} */ task) => [task.id, `${momentText(task.done_at)}, ${task.requested_by ?? ''}: ${int(task.result.held)}`]);
}

/** @param {AbortSignal} signal @returns {Promise<[string, string][]>} */
async function categories(signal) {
    const answer = await get('api/categories', { limit: 200 }, { signal });
    return answer.ok ? answer.data.categories.map((/** @type {any} */ row) => [row.category, row.category]) : [];
}

/** @param {Record<string, string>} query @param {AbortSignal} signal */
export function heldFilters(query, signal) {
    const now = (/** @type {Record<string, string>} */ change) => go(['held'], { ...query, ...change });
    /** A choice whose options come later. @param {string} name @param {Promise<[string, string][]>} later */
    const choice = (name, later) => {
        const all = /** @type {[string, string]} */ (['', t('All')]);
        const control = select([all], query[name] ?? '');
        control.addEventListener('change', () => now({ [name]: control.value }));
        later.then((options) => {
            control.replaceChildren(...select([all, ...options], query[name] ?? '').children);
            control.value = query[name] ?? '';
        });
        return control;
    };
    const tab = (/** @type {string} */ dir, /** @type {string} */ label) =>
        h('a', { href: hashOf(['held'], { ...query, dir }), 'aria-current': (query.dir ?? '') === dir ? 'true' : null }, label);
    const below = numberField(t('Change below, %'), query.below ?? '');
    below.control.addEventListener('change', () => {
        const value = below.read();
        if (value !== null) now({ below: value });
    });
    return h(
        'div',
        { class: 'filters' },
        h('nav', { class: 'tabs', 'aria-label': t('Change') }, tab('', t('All')), tab('up', t('up')), tab('down', t('down'))),
        h(
            'div',
            { class: 'row' },
            field(t('Run'), choice('run', runs(signal))).el,
            field(t('Category'), choice('cat', categories(signal))).el,
            below.el,
        ),
    );
}
