/* Recalculation: a trial first, which writes nothing; what it shows is then done by one more action. */
import { fill, h, put } from '../ui/dom.js';
import { button, check, heading, link, problemBox } from '../ui/parts.js';
import { paramForm } from '../ui/paramform.js';
import { dec, int } from '../ui/number.js';
import { get } from '../js/api.js';
import { primary } from '../js/keys.js';
import { begin } from '../js/mine.js';
import { go, hashOf } from '../js/router.js';
import { ending, isTrial, sourceName } from '../js/tasktext.js';
import { t } from '../js/words.js';
import { SOURCES } from './lists.js';
import { recalculation } from './price_params.js';
import { follow, sending } from './started.js';
import { changesFile, movers } from './recalculate_movers.js';

export const recalculate = {
    path: 'recalculate',
    label: () => t('Recalculate'),
    title: () => t('Recalculate'),
    takes: (/** @type {string[]} */ parts) => parts.length <= 2 && parts[0] === 'recalculate',
    mount,
};

/** @typedef {{form: ReturnType<typeof paramForm>, told: HTMLElement, result: HTMLElement, lists: Set<string>, trial: any, stale: boolean, busy: boolean}} State */

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, signal, again }) {
    const place = h('div', null);
    /** @type {State} */
    const state = {
        form: paramForm([], {}),
        told: h('div', { class: 'told' }),
        result: h('div', { class: 'trial' }),
        lists: new Set(),
        trial: null,
        stale: false,
        busy: false,
    };
    const tryIt = button(t('Try it: nothing is written'), () => start(state, true, signal), { kind: 'primary', scope: 'start' });
    const showForm = (/** @type {Record<string, any>} */ values) => {
        const changed = () => {
            if (!state.trial || state.stale) return;
            state.stale = true;
            tryIt.classList.add('primary');
            outdated(state);
        };
        state.form = paramForm(recalculation(), values, changed);
        fill(place, state.form.el);
    };
    put(main, heading(t('Recalculate')), h('div', { class: 'form' }, place, h('div', { class: 'row' }, tryIt)), state.told, state.result);
    primary(() => start(state, !state.trial || state.stale, signal), signal);
    if (parts.length === 1) return showForm({});
    const answer = await get(`api/tasks/${encodeURIComponent(parts[1])}`, { view: 'full' }, { signal });
    if (signal.aborted) return;
    const known = answer.ok && answer.data.type === 'recalculate';
    showForm(known ? answer.data.params : {});
    if (!answer.ok) return void fill(state.told, problemBox(answer.problem, again));
    if (!known)
        return void fill(
            state.told,
            h('p', null, t('This task is not a recalculation.'), ' ', link(t('Open the task'), hashOf(['tasks', parts[1]]))),
        );
    follow(parts[1], state.told, signal, (task) => {
        fill(state.told);
        ended(state, task, signal, () => tryIt.classList.remove('primary'));
    });
}

/** @param {State} state @param {boolean} trial @param {AbortSignal} signal */
async function start(state, trial, signal) {
    const params = state.busy ? null : state.form.read();
    if (!params) return;
    state.busy = true;
    state.form.clear();
    const then = SOURCES.filter((source) => state.lists.has(source)).map((source) => ({
        type: 'pricelist_create',
        params: params.as_of ? { source, as_of: params.as_of } : { source },
    }));
    const body = trial ? { ...params, dry_run: true } : then.length ? { ...params, then } : params;
    const answer = await begin('api/prices/recalculate-all', body, 'recalculate', '', sending(state.told, signal));
    state.busy = false;
    if (signal.aborted) return;
    if (answer.ok) return go(['recalculate', answer.data.task_id]);
    fill(state.told);
    state.form.faults(answer.problem, () => start(state, trial, signal));
}

/** @param {State} state */
function outdated(state) {
    const old = state.result.querySelector('.trial-act');
    if (old) fill(old, h('p', { class: 'tone-warn', role: 'status' }, t('The settings differ from those of this trial: try it again.')));
}

/** @param {State} state @param {any} task @param {AbortSignal} signal @param {() => void} shown */
function ended(state, task, signal, shown) {
    const end = ending(task);
    if (task.status !== 'completed') return void fill(state.result, h('p', { class: `tone-${end.tone}`, role: 'alert' }, end.text));
    if (!isTrial(task)) return void fill(state.result, done(task, end));
    state.trial = task;
    shown();
    fill(
        state.result,
        h('section', { class: 'block' }, h('h2', null, t('Trial: nothing was written')), counts(task.result), act(state, signal)),
        movers(task),
    );
}

/** @param {any} r */
function counts(r) {
    const pair = (/** @type {string} */ name, /** @type {string} */ value) => h('div', null, h('dt', null, name), h('dd', null, value));
    return h(
        'dl',
        { class: 'counts block' },
        pair(t('price changes'), int(r.updated)),
        pair(t('up'), int(r.price_up)),
        pair(t('down'), int(r.price_down)),
        pair(t('same'), int(r.unchanged)),
        pair(t('no quotes'), int(r.no_quotes + r.cleared)),
        pair(t('goes on hold'), int(r.held)),
        r.avg_change_pct !== null && pair(t('on average'), `${dec(r.avg_change_pct, 'percent')}\u00a0%`),
    );
}

/** @param {State} state @param {AbortSignal} signal */
function act(state, signal) {
    const follow = (/** @type {string} */ source) =>
        check(sourceName(source), state.lists.has(source), (on) => void (on ? state.lists.add(source) : state.lists.delete(source)));
    return h(
        'div',
        { class: 'trial-act row' },
        button(t('Recalculate now'), () => start(state, false, signal), { kind: 'primary', scope: 'start' }),
        h('fieldset', { class: 'field then' }, h('legend', null, t('Then make lists')), h('div', { class: 'row' }, SOURCES.map(follow))),
    );
}

/** What was written, and what comes next. @param {any} task @param {import('../js/tasktext.js').Ending} end */
function done(task, end) {
    const held = task.result?.held ?? 0;
    return h(
        'section',
        { class: 'block' },
        h('h2', null, t('Recalculated')),
        h('p', { role: 'status' }, end.text),
        counts(task.result),
        h(
            'div',
            { class: 'row' },
            held > 0 && link(t('Decide on hold: {n}', { n: int(held) }), hashOf(['held'], { run: task.id }), 'button primary'),
            changesFile(task),
            link(t('Open the task'), hashOf(['tasks', task.id]), 'button'),
        ),
    );
}
