/* One task: how far, what it was started with, its log, refused rows, what came before and after it. */
import { data, fill, h, put, show } from '../ui/dom.js';
import { bar } from '../ui/bar.js';
import { button, download, heading, link, mark, problemBox } from '../ui/parts.js';
import { int, size } from '../ui/number.js';
import { moment, span } from '../ui/date.js';
import { get, send } from '../js/api.js';
import { keepFresh } from '../js/clock.js';
import { begin } from '../js/mine.js';
import { tasks } from '../js/store.js';
import { ending, isImport, isTrial, progressText, stateOf, subject, typeName } from '../js/tasktext.js';
import { t } from '../js/words.js';
import { go } from '../js/router.js';
import { paramLabel, paramValue } from '../js/params.js';
import { logBlock } from './task_log.js';
import { refusedRows } from './task_rows.js';
import { askUndo } from './undo.js';

export const task = {
    path: 'task',
    under: 'tasks',
    title: () => t('Task'),
    takes: (/** @type {string[]} */ parts) => parts.length === 2 && parts[0] === 'tasks',
    mount,
};

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, signal, again }) {
    const id = parts[1];
    const body = h('div', null);
    put(main, heading(t('Task')), body);
    const answer = await get(`api/tasks/${encodeURIComponent(id)}`, { view: 'full' }, { signal });
    if (signal.aborted) return;
    if (!answer.ok) return void fill(body, problemBox(answer.problem, again), h('p', null, link(t('All tasks'), '#/tasks')));
    tasks.set(id, answer.data);
    const draw = drawer(main, body, signal, again);
    draw(answer.data);
    tasks.watch(id, draw, signal);
    if (answer.data.status === 'running') keepFresh(id, signal);
}

/** Draws the whole once for each state, and moves the bar in between. @param {HTMLElement} main @param {HTMLElement} body @param {AbortSignal} signal @param {() => void} again */
function drawer(main, body, signal, again) {
    const moves = bar(t('Progress'));
    let drawn = '';
    /** @type {AbortController | null} */
    let log = null;
    return (/** @type {any} */ one) => {
        const now = `${one.status} ${one.attempt} ${one.cancel_requested_at}`;
        if (now !== drawn) {
            drawn = now;
            log?.abort();
            log = new AbortController();
            const stop = log;
            signal.addEventListener('abort', () => stop.abort());
            fill(
                body,
                head(one, signal, again),
                one.status === 'running' && moves.el,
                chain(one),
                facts(one),
                refused(one, signal),
                logBlock(one, stop.signal),
            );
            const h1 = main.querySelector('h1');
            if (h1) fill(h1, typeName(one), ' ', h('span', { class: 'h1-about' }, subject(one)));
        }
        moves.set(one.progress, progressText(one));
    };
}

/** @param {any} one @param {AbortSignal} signal @param {() => void} again */
function head(one, signal, again) {
    const state = stateOf(one);
    const said = h('div', { class: 'task-end' });
    const box = h('div', { class: 'task-head' }, h('p', null, mark(state.tone, state.icon, state.word)), said);
    const fault = h('div', null);
    if (one.status !== 'running') {
        const end = ending(one);
        put(said, h('p', null, end.text));
        if (end.href !== `#/tasks/${one.id}`) put(said, link(end.action, end.href, 'button primary'));
    }
    put(box, h('div', { class: 'row' }, actions(one, signal, again, fault)), fault);
    return box;
}

/** @param {any} one @param {AbortSignal} signal @param {() => void} again @param {HTMLElement} fault */
function actions(one, signal, again, fault) {
    const told = (/** @type {import('../js/api.js').Answer} */ answer) =>
        !signal.aborted && (answer.ok ? again() : fill(fault, problemBox(answer.problem)));
    if (one.status === 'running') {
        const stop = async () => told(await send('POST', `api/tasks/${one.id}/cancel`, { body: {} }));
        if (one.cancel_requested_at) return [h('span', { class: 'muted' }, t('Stopping. Nothing will be written.'))];
        return [
            button(t('Stop'), stop, { scope: 'cancel' }),
            h('span', { class: 'muted' }, t('Stopping writes nothing: the data stay as they are.')),
        ];
    }
    const found = [];
    if (one.links?.retry) found.push(button(t('Retry'), () => retry(one, told), { scope: 'start' }));
    if (one.status === 'completed' && one.import_id && !isTrial(one))
        found.push(button(t('Undo import'), () => undo(one, fault), { scope: 'start' }));
    if (one.links?.rejects) found.push(download(t('Refused rows as .csv'), one.links.rejects));
    found.push(button(t('Forget'), () => forget(one, fault), { scope: 'cancel', kind: 'plain' }));
    return found;
}

/** @param {any} one @param {(answer: import('../js/api.js').Answer) => void} told */
async function retry(one, told) {
    const answer = await begin(`api/tasks/${one.id}/retry`, undefined, one.type, one.file?.name ?? '');
    if (answer.ok) go(['tasks', answer.data.task_id]);
    else told(answer);
}

/** @param {any} one @param {HTMLElement} fault */
async function forget(one, fault) {
    const answer = await send('DELETE', `api/tasks/${one.id}`);
    if (answer.ok) go(['tasks']);
    else fill(fault, problemBox(answer.problem));
}

/** @param {any} one @param {HTMLElement} fault */
function undo(one, fault) {
    const kind = one.type.startsWith('quotes') ? 'quotes' : 'stock';
    askUndo(kind, one.import_id, { ...one.result, effect: isImport(one) ? 'import' : 'undo' }, one.file?.name ?? '', fault);
}

/** What was to follow what. @param {any} one */
function chain(one) {
    if (!one.chain) return null;
    const words = {
        queued: t('Waiting'),
        running: t('Running'),
        succeeded: t('Done'),
        failed: t('Failed'),
        cancelled: t('Stopped'),
        pending: t('waits for those before it'),
        not_started: t('will not start'),
        gone: t('No longer kept'),
    };
    const item = (/** @type {any} */ member) => {
        const name = typeName(member);
        const label = member.task_id && member.task_id !== one.id ? link(name, `#/tasks/${member.task_id}`) : h('b', null, name);
        return h('li', null, label, ` – ${/** @type {Record<string, string>} */ (words)[member.state] ?? ''}`);
    };
    return h('section', { class: 'block' }, h('h2', null, t('Chain')), h('ol', null, one.chain.map(item)));
}

/** @param {any} one */
function facts(one) {
    const took = one.done_at && one.started_at ? span(Date.parse(one.done_at) - Date.parse(one.started_at)) : '';
    /** @type {[string, Node | string | null][]} */
    const pairs = [
        [t('Who'), one.requested_by && data(one.requested_by)],
        [t('Accepted'), moment(one.created_at)],
        [t('Started'), one.started_at && moment(one.started_at)],
        [t('Took'), took],
        [t('Attempt'), one.attempt > 0 ? int(one.attempt) : null],
        [t('File'), one.file && h('span', null, data(one.file.name), ` ${size(one.file.size)}`)],
        [t('Number'), h('code', null, one.id)],
    ];
    const shown = pairs.filter(([, value]) => value);
    return h(
        'section',
        { class: 'block' },
        h(
            'dl',
            { class: 'facts' },
            shown.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
        ),
        params(one),
    );
}

/** Those that say something first. @param {any} one */
function params(one) {
    const all = Object.entries(one.params ?? {});
    if (!all.length) return null;
    const said = all.filter(([, value]) => value !== null && value !== '');
    const line = (/** @type {[string, any]} */ [name, value]) =>
        h('div', null, h('dt', null, paramLabel(name)), h('dd', null, paramValue(name, value)));
    return h(
        'details',
        { class: 'params' },
        h('summary', null, t('Parameters: {n}', { n: said.length })),
        h('dl', { class: 'facts' }, said.map(line)),
    );
}

/** @param {any} one @param {AbortSignal} signal */
function refused(one, signal) {
    if (!one.links?.rows || one.status === 'running') return null;
    const el = h(
        'section',
        { class: 'block' },
        h('h2', null, t('Refused rows and warnings')),
        refusedRows(one, signal, (any) => show(el, any)),
    );
    return el;
}
