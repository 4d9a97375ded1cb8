/* Which held prices: of one run, one category, up or down, below a size. The filters stand in the path. */
import { choicesOf, filters } from '../ui/filters.js';
import { int, dec } from '../ui/number.js';
import { momentText } from '../ui/date.js';
import { numberField } from '../ui/numberfield.js';
import { get } from '../js/api.js';
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

/** @param {Record<string, string>} query @param {AbortSignal} signal @param {(query: Record<string, string>) => void} changed */
export function heldFilters(query, signal, changed) {
    const all = /** @type {[string, string]} */ (['', t('All')]);
    const categories = choicesOf('api/categories', 'categories', (row) => [row.category, row.category], signal);
    const below = numberField(t('Change below, %'), query.below ?? '');
    const made = filters({ parts: ['held'], query, signal, changed })
        .tabs(t('Change'), 'dir', [all, ['up', t('up')], ['down', t('down')]])
        .choice(t('Run'), 'run', [all], runs(signal))
        .choice(t('Category'), 'cat', [all], categories)
        .add(below.el)
        .ready();
    below.control.addEventListener('change', () => {
        const value = below.read();
        if (value !== null) made.set('below', value);
    });
    return made.el;
}
