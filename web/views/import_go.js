/* The last step: check again while something is open, else import, with what is to follow. */
import { fill, h } from '../ui/dom.js';
import { button, check, dialog, field, problemBox } from '../ui/parts.js';
import { int } from '../ui/number.js';
import { get, send } from '../js/api.js';
import { importChecked, ready } from '../js/drafts.js';
import { isOpen } from '../js/preview.js';
import { go } from '../js/router.js';
import { sourceName } from '../js/tasktext.js';
import { t, tp } from '../js/words.js';

/** @typedef {import('../js/preview.js').Choices} Choices */

/** @param {any} task @param {Choices} choices @param {() => void} check @param {HTMLElement} fault */
export function importButtons(task, choices, check, fault) {
    const next = followers(task);
    const row = h('div', { class: 'row import-buttons' });
    const el = h('div', { class: 'import-end' }, ready(task) && next.el, row);
    let busy = false;
    const run = async () => {
        if (busy) return;
        busy = true;
        const answer = await importChecked(task, { then: next.chosen() });
        busy = false;
        if (answer.ok) go(['tasks', answer.data.task_id]);
        else fill(fault, problemBox(answer.problem, run));
    };
    const act = () => (isOpen(choices) ? check() : ready(task) ? run() : undefined);
    const draw = () => {
        const open = isOpen(choices);
        const n = choices.fixes.length;
        const label = n ? tp('Check again: {n} corrections', n, int(n)) : t('Check again');
        fill(
            row,
            (open || !ready(task)) && button(label, check, { scope: 'start', kind: open ? 'primary' : undefined }),
            ready(task) && !open && button(importLabel(task), run, { scope: 'start', kind: 'primary' }),
            task.params && !open && task.status === 'completed' && button(t('Save profile'), () => saveProfile(task), { scope: 'edit' }),
        );
    };
    draw();
    return { el, draw, act };
}

/** @param {any} task */
export function importLabel(task) {
    const n = task.result.rows_accepted;
    const gone = task.result.deleted ?? 0;
    return gone > 0 ? t('Import {n}, delete {gone}', { n: tp('{n} rows', n, int(n)), gone: int(gone) }) : tp('Import {n} rows', n, int(n));
}

/** Follow-ups: each starts when the one before has succeeded. @param {any} task */
function followers(task) {
    /** @type {Record<string, boolean>} */
    const wanted = {};
    const day = task.result?.stock_date ?? task.result?.quoted_on ?? null;
    const el = h(
        'fieldset',
        { class: 'choices' },
        h('legend', null, t('Afterwards')),
        check(t('Recalculate prices'), false, (on) => (wanted.recalculate = on)),
        ['estimate', 'warehouse', 'competitor'].map((source) =>
            check(t('Make the list: {source}', { source: sourceName(source) }), false, (on) => (wanted[source] = on)),
        ),
    );
    return {
        el,
        chosen() {
            const then = [];
            if (wanted.recalculate) then.push({ type: 'recalculate', params: day ? { as_of: day } : {} });
            for (const source of ['estimate', 'warehouse', 'competitor'])
                if (wanted[source]) then.push({ type: 'pricelist_create', params: day ? { source, as_of: day } : { source } });
            return then;
        },
    };
}

/** The settings under a name; the next file with these captions is recognised by them. @param {any} task */
function saveProfile(task) {
    const input = h('input', { maxlength: 64, required: true, value: task.params?.profile ?? '' });
    const name = field(t('Name'), input, t('The next file with these captions is read by it.'));
    const said = h('div', null);
    const save = async (/** @type {() => void} */ close) => {
        const path = `api/import-profiles/${encodeURIComponent(input.value.trim())}`;
        if (!input.value.trim()) return name.fault(t('A name is needed.'));
        let answer = await send('PUT', path, { body: { from_task: task.id }, headers: { 'If-None-Match': '*' } });
        if (answer.status === 412) {
            const known = await get(path);
            if (known.ok) answer = await send('PUT', path, { body: { from_task: task.id }, headers: { 'If-Match': known.tag } });
        }
        if (answer.ok) close();
        else fill(said, problemBox(answer.problem));
    };
    dialog(t('Save profile'), (close) => [
        name.el,
        said,
        h(
            'div',
            { class: 'row' },
            button(t('Save'), () => save(close), { kind: 'primary' }),
            button(t('Cancel'), close),
        ),
    ]);
}
