/* The files that were dropped: one block each, from the choice to the import. */
import { attr, fileName, fill, h, put, show } from '../ui/dom.js';
import { bar } from '../ui/bar.js';
import { button, field, link, mark, problemBox, select } from '../ui/parts.js';
import { size } from '../ui/number.js';
import { list } from '../ui/list.js';
import { check, drafts, draftsChanged, importChecked, ready, removeDraft, targets, taskOf, watchDrafts } from '../js/drafts.js';
import { keepFresh } from '../js/clock.js';
import { tasks } from '../js/store.js';
import { send } from '../js/api.js';
import { uploadLimit } from '../js/session.js';
import { ending, progressText, stateOf } from '../js/tasktext.js';
import { changeCounts } from './import_changes.js';
import { importLabel } from './import_go.js';
import { t } from '../js/words.js';

/** @typedef {import('../js/drafts.js').Draft} Draft */

/** @param {AbortSignal} signal */
export function draftList(signal) {
    const rows = h('ul', { class: 'drafts' });
    const together = h('div', { class: 'drafts-all' });
    const el = h('section', { class: 'drafts-block', 'aria-label': t('Files') }, rows, together);
    const draw = () => {
        show(el, drafts.length > 0);
        list(
            rows,
            drafts,
            (draft) => draft.id,
            (draft) => makeDraft(draft, signal),
        );
        for (const fn of blocks.values()) fn();
        const all = drafts.filter((draft) => ready(taskOf(draft)));
        fill(
            together,
            all.length > 1 &&
                button(t('Import all that are ready: {n}', { n: all.length }), () => importAll(), { scope: 'start', kind: 'primary' }),
        );
    };
    watchDrafts(draw, signal);
    tasks.watch('*', (task) => drafts.some((draft) => draft.task === task.id) && draw(), signal);
    signal.addEventListener('abort', () => blocks.clear());
    draw();
    return el;
}

/** @type {Map<string, () => void>} */
const blocks = new Map();

/** @param {Draft} draft @param {AbortSignal} signal */
function makeDraft(draft, signal) {
    const body = h('div', { class: 'draft-body' });
    const close = h(
        'button',
        {
            type: 'button',
            class: 'button plain draft-close',
            'aria-label': t('Remove {file} from this page', { file: draft.name }),
            onclick: () => removeDraft(draft),
        },
        t('Remove'),
    );
    const el = h(
        'li',
        { class: 'draft' },
        h('div', { class: 'draft-head' }, fileName(draft.name), h('span', { class: 'muted' }, size(draft.file.size)), close),
        body,
    );
    let drawn = '';
    const moves = bar(draft.name);
    const draw = () => {
        const task = taskOf(draft);
        const now = [draft.state, draft.kind, task?.status, task?.id, draft.problem?.kind].join(' ');
        if (now !== drawn) {
            drawn = now;
            fill(body, parts(draft, task, moves, signal));
            attr(close, 'hidden', draft.state === 'sending' || task?.status === 'running' ? '' : null);
        }
        move(draft, task, moves);
    };
    blocks.set(draft.id, draw);
    draw();
    return el;
}

/** @typedef {ReturnType<typeof bar>} Bar */

/** @param {Draft} draft @param {any} task @param {Bar} moves */
function move(draft, task, moves) {
    if (draft.state === 'sending')
        moves.set(draft.part * 100, draft.waits ? t('The server is busy; next try in {n} s', { n: draft.waits }) : t('Uploading'));
    else if (draft.state === 'task' && (!task || task.status === 'running'))
        moves.set(task ? task.progress : null, task ? progressText(task) : t('Waiting'));
}

/** @param {Draft} draft @param {any} task @param {Bar} moves @param {AbortSignal} signal @returns {(Node | null)[]} */
function parts(draft, task, moves, signal) {
    if (draft.state === 'choose') return [choice(draft)];
    if (draft.state === 'sending')
        return [moves.el, button(t('Stop'), () => draft.stop.abort(), { describe: t('Stop sending {file}', { file: draft.name }) })];
    if (draft.state === 'refused' && draft.problem) return refusal(draft, draft.problem);
    if (task && task.status !== 'running') return ended(draft, task);
    keepFresh(draft.task, signal);
    return [moves.el, button(t('Stop'), () => send('POST', `api/tasks/${draft.task}/cancel`, { body: {} }), { scope: 'cancel' })];
}

/** What is it? @param {Draft} draft */
function choice(draft) {
    const kind = select(
        [
            ['stock', t('Stock')],
            ['quotes', t("Supplier's prices")],
            ['catalog', t('Catalogue')],
        ],
        draft.kind,
    );
    const where = select([['', '…']], '');
    const labels = { stock: t('Warehouse'), quotes: t('Supplier or competitor'), catalog: t('Table') };
    const label = h('span', null, labels[draft.kind]);
    const go = button(t('Check'), () => check(draft), { scope: 'start', kind: 'primary' });
    const offer = async () => {
        const known = await targets(draft.kind);
        fill(label, labels[draft.kind]);
        fill(
            where,
            h('option', { value: '' }, '…'),
            known.map(([value, text]) => h('option', { value, selected: value === draft.target }, text)),
        );
        go.disabled = go.disabled || !draft.target;
    };
    kind.addEventListener('change', () => (Object.assign(draft, { kind: kind.value, target: '' }), offer()));
    where.addEventListener('change', () => ((draft.target = where.value), (go.disabled = !draft.target)));
    offer();
    const place = field('', where);
    fill(/** @type {Element} */ (place.el.querySelector('label')), label);
    return h('div', { class: 'row' }, field(t('Read as'), kind).el, place.el, go);
}

/** @param {Draft} draft @param {import('../js/api.js').Problem} problem */
function refusal(draft, problem) {
    const box = problemBox(problem, () => check(draft));
    if (problem.kind === 'body-too-large')
        put(
            box,
            h(
                'p',
                null,
                t('The file has {size}, at most {limit} are taken. Save it without pictures and other sheets, or split it.', {
                    size: size(draft.file.size),
                    limit: size(uploadLimit()),
                }),
            ),
        );
    return [box, button(t('Choose again what it is'), () => (Object.assign(draft, { state: 'choose', problem: null }), draftsChanged()))];
}

/** @param {Draft} draft @param {any} task */
function ended(draft, task) {
    const state = stateOf(task);
    const end = ending(task);
    const said = h('p', { class: 'draft-end' }, mark(state.tone, state.icon, state.word), ' ', end.text);
    const look = link(end.action, end.href, 'button');
    if (!ready(task)) {
        const again =
            task.status === 'error' && task.params?.dry_run
                ? button(t('Choose again what it is'), () => (Object.assign(draft, { state: 'choose', task: '' }), draftsChanged()))
                : null;
        return [said, changeCounts(task), h('div', { class: 'row' }, look, again)];
    }
    const go = needsWord(task) ? null : button(importLabel(task), () => importOne(draft, task), { scope: 'start', kind: 'primary' });
    return [said, changeCounts(task), h('div', { class: 'row' }, go, look)];
}

/** Many deletions are looked at and confirmed on the file's own page. @param {any} task */
export function needsWord(task) {
    const r = task.result ?? {};
    return (r.deleted ?? 0) >= 20 && r.deleted * 2 > (r.items_before ?? 0);
}

/** @param {Draft} draft @param {any} task */
async function importOne(draft, task) {
    const answer = await importChecked(task);
    if (answer.ok) Object.assign(draft, { state: 'task', task: answer.data.task_id });
    else Object.assign(draft, { state: 'refused', problem: answer.problem });
    draftsChanged();
}

/** The main action: every file that is ready and deletes little. */
export async function importAll() {
    for (const draft of [...drafts]) {
        const task = taskOf(draft);
        if (ready(task) && !needsWord(task)) await importOne(draft, task);
    }
}

/** Leaving the page would cut off an upload. @param {BeforeUnloadEvent} event */
export function askBeforeLeaving(event) {
    if (drafts.some((draft) => draft.state === 'sending')) event.preventDefault();
}
addEventListener('beforeunload', askBeforeLeaving);
