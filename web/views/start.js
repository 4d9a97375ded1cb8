/* Start: drop files, what waits for somebody, what runs, what ended. */
import { fill, h, show } from '../ui/dom.js';
import { heading, link, problemBox } from '../ui/parts.js';
import { dropZone } from '../ui/drop.js';
import { get } from '../js/api.js';
import { addFiles } from '../js/drafts.js';
import { repeat } from '../js/clock.js';
import { facts, tasks } from '../js/store.js';
import { primary } from '../js/keys.js';
import { draftList, importAll } from './start_drafts.js';
import { taskTable } from './tasks_table.js';
import { t } from '../js/words.js';
import { int } from '../ui/number.js';
import { views } from '../js/views.js';

export const start = {
    path: '',
    label: () => t('Start'),
    title: () => t('Start'),
    rail: true,
    takes: (/** @type {string[]} */ parts) => parts.length === 0,
    mount,
};

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, signal, again }) {
    const zone = dropZone((files) => addFiles(files), signal);
    const recent = h('section', { class: 'block' }, h('h2', null, t('Running and recent')));
    const faultBox = h('div', null);
    const table = taskTable(t('Running and recent'), signal);
    recent.append(faultBox, table.el, h('p', null, link(t('All tasks'), '#/tasks')));
    main.append(heading(t('Start')), zone.el, draftList(signal), attention(signal), recent);
    primary(importAll, signal);
    let tag = '';
    const refresh = async () => {
        const answer = await get('api/tasks', { view: 'full', limit: 12 }, { signal, tag });
        if (signal.aborted) return answer;
        fill(faultBox, answer.ok || answer.problem.kind === 'away' ? '' : problemBox(answer.problem, again));
        if (!answer.ok || answer.status === 304) return answer;
        tag = answer.tag;
        for (const task of answer.data.tasks) tasks.set(task.id, task);
        table.set(answer.data.tasks);
        show(recent, answer.data.tasks.length > 0);
        return answer;
    };
    repeat(5000, refresh, signal);
}

/** @param {AbortSignal} signal */
function attention(signal) {
    const el = h('section', { class: 'block attention', hidden: true, 'aria-label': t('Waiting for you') });
    const line = (/** @type {string} */ path, /** @type {string} */ words) =>
        h('li', null, views.some((view) => view.path === path) ? link(words, `#/${path}`) : words);
    const draw = (/** @type {any} */ counts) => {
        const at = counts?.attention ?? {};
        const shown = (/** @type {number} */ n) => (n >= at.at_most ? `${int(n)}+` : int(n));
        show(el, at.held_prices > 0 || at.unmatched_numbers > 0);
        fill(
            el,
            h('h2', null, t('Waiting for you')),
            h(
                'ul',
                { class: 'plain-list' },
                at.held_prices > 0 && line('held', t('Prices on hold: {n}', { n: shown(at.held_prices) })),
                at.unmatched_numbers > 0 && line('unmatched', t('Unmatched numbers: {n}', { n: shown(at.unmatched_numbers) })),
            ),
        );
    };
    facts.watch('summary', draw, signal);
    draw(facts.get('summary'));
    return el;
}
