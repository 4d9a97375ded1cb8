/* A checked file before it is imported: what it is, how it is read, what would change, what was refused. Nothing is written until "Import". */
import { data, fill, h, put, show } from '../ui/dom.js';
import { bar } from '../ui/bar.js';
import { heading, link, mark, problemBox } from '../ui/parts.js';
import { dec, int } from '../ui/number.js';
import { get } from '../js/api.js';
import { keepFresh } from '../js/clock.js';
import { primary } from '../js/keys.js';
import { go } from '../js/router.js';
import { tasks } from '../js/store.js';
import { ending, isImport, isTrial, progressText, stateOf, subject, typeName } from '../js/tasktext.js';
import { checkAgain, choicesOf, isOpen, keepChoices, mappingOf } from '../js/preview.js';
import { t, tp } from '../js/words.js';
import { settingsForm } from './import_form.js';
import { importButtons } from './import_go.js';
import { question } from './import_question.js';
import { fixList, rowsToMend } from './import_rows.js';
import { sheetGrid } from './import_sheet.js';
import { changeCounts, changeLists } from './import_changes.js';

export const importView = {
    path: 'import',
    under: '',
    title: () => t('File check'),
    takes: (/** @type {string[]} */ parts) => parts.length === 2 && parts[0] === 'import',
    mount,
};

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, signal, again }) {
    const id = parts[1];
    const body = h('div', null);
    put(main, heading(t('File check')), body);
    const answer = await get(`api/tasks/${encodeURIComponent(id)}`, { view: 'full' }, { signal });
    if (signal.aborted) return;
    if (!answer.ok) return void fill(body, problemBox(answer.problem, again), h('p', null, link(t('Start'), '#/')));
    const title = main.querySelector('h1');
    let drawn = '';
    const moves = bar(t('Progress'));
    const draw = (/** @type {any} */ task) => {
        if (title) fill(title, typeName(task), ' ', h('span', { class: 'h1-about' }, subject(task)));
        if (task.status === 'running') moves.set(task.progress, progressText(task));
        if (task.status === drawn) return;
        drawn = task.status;
        if (task.status === 'running') fill(body, moves.el, h('p', { class: 'muted' }, t('The file is being read. Nothing is written.')));
        else if (isImport(task)) fill(body, preview(task, signal));
        else fill(body, h('p', null, t('This task has no file.')), link(t('Open'), `#/tasks/${id}`));
    };
    tasks.set(id, answer.data);
    draw(answer.data);
    tasks.watch(id, draw, signal);
    if (answer.data.status === 'running') keepFresh(id, signal);
}

/** @param {any} task @param {AbortSignal} signal */
function preview(task, signal) {
    const choices = choicesOf(task.id);
    const mapping = mappingOf(task);
    const fault = h('div', null);
    const state = stateOf(task);
    const check = async () => {
        const answer = await checkAgain(task, choices, signal);
        if (signal.aborted) return;
        if (!answer.ok) return void fill(fault, gone(answer.problem), problemBox(answer.problem, check));
        keepChoices(task.id, { change: {}, columns: {}, fixes: [] });
        go(['import', answer.data.task_id]);
    };
    const buttons = importButtons(task, choices, check, fault);
    const fixes = fixList(task, choices, () => changed());
    const changed = () => {
        keepChoices(task.id, choices);
        show(stale, isOpen(choices));
        buttons.draw();
        fixes.draw();
    };
    const stale = h(
        'p',
        { class: 'import-stale', hidden: !isOpen(choices) },
        t('Not checked yet: the numbers below are those of the last check.'),
    );
    primary(() => buttons.act(), signal);
    return [
        h(
            'p',
            null,
            mark(state.tone, state.icon, state.word),
            ' ',
            !task.error_detail && ending(task).text,
            !isTrial(task) && task.status === 'completed' && done(task),
        ),
        task.error_detail && question(task, mapping, choices, changed),
        fault,
        settingsForm(task, mapping, choices, changed, signal),
        mapping &&
            mapping.rows.length > 0 &&
            h('section', { class: 'block' }, h('h2', null, t('The sheet as it is')), sheetGrid(mapping, choices, changed)),
        stale,
        totals(task),
        changeLists(task),
        task.links?.rows && rowsToMend(task, mapping, choices, changed, signal),
        fixes.el,
        buttons.el,
    ];
}

/** The file is kept for half an hour. @param {import('../js/api.js').Problem} problem */
function gone(problem) {
    return problem.kind === 'file-gone'
        ? h('p', null, t('The server has let go of the file. '), link(t('Choose the file again'), '#/'))
        : null;
}

/** @param {any} task */
function done(task) {
    return h('span', null, ' ', link(t('Open'), `#/tasks/${task.id}`));
}

/** What would change, in numbers. @param {any} task */
function totals(task) {
    const r = task.result;
    if (!r || typeof r.rows_total !== 'number') return null;
    const total = r.file?.control_total;
    return h(
        'section',
        { class: 'block' },
        h('h2', null, t('What changes')),
        changeCounts(task),
        total &&
            h(
                'p',
                { class: 'muted' },
                t('Total in the file, row {row}: {value}; the rows add up to {rows}.', {
                    row: total.row,
                    value: dec(total.value, 'quantity'),
                    rows: dec(total.rows, 'quantity'),
                }),
            ),
        r.value_total && h('p', { class: 'muted' }, t('Value of all rows: {value}', { value: dec(r.value_total, 'money') })),
        r.file?.profile && h('p', { class: 'muted' }, t('Profile: '), data(r.file.profile.name ?? r.file.profile)),
        h('p', { class: 'muted' }, tp('{n} rows', r.rows_total, int(r.rows_total))),
    );
}
