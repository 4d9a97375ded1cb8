/* Rows of tasks: on Start and on Tasks. They are patched by the polls. */
import { fill, h, put } from '../ui/dom.js';
import { bar } from '../ui/bar.js';
import { button, link, mark } from '../ui/parts.js';
import { moment } from '../ui/date.js';
import { table } from '../ui/table.js';
import { keepFresh } from '../js/clock.js';
import { send } from '../js/api.js';
import { tasks } from '../js/store.js';
import { ending, progressText, stateOf, subject, typeName } from '../js/tasktext.js';
import { t } from '../js/words.js';

/** @param {any} task */
function nameCell(task) {
    const about = subject(task);
    return [link(typeName(task), `#/tasks/${task.id}`), about.length > 0 && h('div', { class: 'muted' }, about)].filter(Boolean);
}

/** @param {any} task */
function stateCell(task) {
    const state = stateOf(task);
    return mark(state.tone, state.icon, state.word);
}

/** A bar while it runs, then the sentence of its end. @param {HTMLElement} td @param {any} task */
function patchProgress(td, task) {
    const kind = task.status === 'running' ? 'bar' : 'end';
    if (kind === 'bar') {
        let moves = bars.get(td);
        if (!moves) {
            moves = bar(typeName(task));
            bars.set(td, moves);
            fill(td, moves.el);
        }
        moves.set(task.progress, progressText(task));
    } else if (td.dataset.ended !== task.done_at) {
        td.dataset.ended = task.done_at;
        bars.delete(td);
        fill(td, h('span', { class: 'ended' }, ending(task).text));
    }
}
/** @type {WeakMap<HTMLElement, ReturnType<typeof bar>>} */
const bars = new WeakMap();

/** @param {HTMLElement} td @param {any} task */
function patchAction(td, task) {
    const wanted = task.status === 'running' ? (task.cancel_requested_at ? 'asked' : 'stop') : '';
    if (td.dataset.shown === wanted) return;
    td.dataset.shown = wanted;
    const stop = button(t('Stop'), () => send('POST', `api/tasks/${task.id}/cancel`, { body: {} }), {
        scope: 'cancel',
        describe: t('Stop: {task}', { task: typeName(task) }),
    });
    fill(td, wanted === 'stop' ? stop : wanted === 'asked' ? t('Stopping') : '');
}

/** @param {string} caption @param {AbortSignal} signal */
export function taskTable(caption, signal) {
    const later = (/** @type {(td: HTMLElement, task: any) => void} */ patch) => (/** @type {any} */ task) => {
        const td = h('div', { class: 'cell' });
        patch(td, task);
        return td;
    };
    const inner = (/** @type {(td: HTMLElement, task: any) => void} */ patch) => (/** @type {HTMLElement} */ td, /** @type {any} */ task) =>
        patch(/** @type {HTMLElement} */ (td.firstElementChild), task);
    const made = table({
        caption,
        key: (task) => task.id,
        columns: [
            { head: t('Task'), cell: nameCell },
            { head: t('State'), cell: stateCell, kind: 'main' },
            { head: t('Progress'), cell: later(patchProgress), patch: inner(patchProgress) },
            { head: t('Started'), cell: (task) => moment(task.started_at ?? task.created_at) },
            { head: t('Who'), cell: (task) => task.requested_by ?? '' },
            { head: '', kind: 'act', cell: later(patchAction), patch: inner(patchAction) },
        ],
    });
    /** @type {any[]} */
    let rows = [];
    /** @type {Map<string, AbortController>} */
    const fresh = new Map();
    const set = (/** @type {any[]} */ next) => {
        rows = next.map((task) => newer(task));
        for (const task of rows) if (task.status === 'running' && !fresh.has(task.id)) follow(fresh, task.id, signal);
        for (const [id, stop] of fresh)
            if (!rows.some((task) => task.id === id && task.status === 'running')) (stop.abort(), fresh.delete(id));
        made.set(rows);
    };
    tasks.watch('*', (task) => rows.some((row) => row.id === task.id) && set(rows.map((row) => (row.id === task.id ? task : row))), signal);
    return { ...made, el: put(h('div', { class: 'table-frame' }), made.el), set };
}

/** A list may be older than a poll: what has ended stays ended. @param {any} task */
function newer(task) {
    const known = tasks.get(task.id);
    return known && known.status !== 'running' && task.status === 'running' ? known : task;
}

/** @param {Map<string, AbortController>} fresh @param {string} id @param {AbortSignal} signal */
function follow(fresh, id, signal) {
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    fresh.set(id, stop);
    keepFresh(id, stop.signal);
}
