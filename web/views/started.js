/* A task that this view has started: its bar and Stop until it ends, then what the view makes of it. */
import { fill, h } from '../ui/dom.js';
import { bar } from '../ui/bar.js';
import { button, problemBox } from '../ui/parts.js';
import { get, send } from '../js/api.js';
import { keepFresh } from '../js/clock.js';
import { tasks } from '../js/store.js';
import { progressText, typeName } from '../js/tasktext.js';
import { t } from '../js/words.js';

/** Says that it is being sent, and the wait where the server is busy, with a way out. @param {HTMLElement} box @param {AbortSignal} signal */
export function sending(box, signal) {
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    fill(box, h('p', { role: 'status' }, t('Sending')));
    const waits = (/** @type {number} */ n) =>
        n > 0 &&
        fill(
            box,
            h('p', { role: 'status' }, t('The server is busy; next try in {n} s', { n })),
            button(t('Stop trying'), () => stop.abort()),
        );
    return { signal: stop.signal, waits };
}

/** @param {string} id @param {HTMLElement} box @param {AbortSignal} signal @param {(task: any) => void} ended */
export async function follow(id, box, signal, ended) {
    const again = () => follow(id, box, signal, ended);
    const answer = await get(`api/tasks/${encodeURIComponent(id)}`, { view: 'full' }, { signal });
    if (signal.aborted) return;
    if (!answer.ok) return void fill(box, problemBox(answer.problem, again));
    if (answer.data.status !== 'running') return ended(answer.data);
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const moves = bar(typeName(answer.data));
    const halt = button(t('Stop'), () => send('POST', `api/tasks/${id}/cancel`, { body: {} }), { scope: 'cancel' });
    fill(box, h('div', { class: 'row started' }, moves.el, halt));
    /** @param {any} task */
    const draw = (task) => {
        moves.set(task.progress, progressText(task));
        if (task.status === 'running') return;
        stop.abort();
        ended(task);
    };
    draw(answer.data);
    tasks.watch(id, draw, stop.signal);
    keepFresh(id, stop.signal);
}
