/* What the file leaves open, with the choices that settle it: one click on one of them, then the check again. */
import { fill, h } from '../ui/dom.js';
import { uniqueId } from '../ui/parts.js';
import { reason, reasonHeading } from '../js/reasons.js';
import { choiceWords, fieldWord } from '../js/importwords.js';
import { chooseField } from '../js/preview.js';
import { int } from '../ui/number.js';
import { t } from '../js/words.js';

/** @typedef {import('../js/importwords.js').Choice} Choice */

/** @param {any} task @param {any} mapping @param {import('../js/preview.js').Choices} choices @param {() => void} changed */
export function question(task, mapping, choices, changed) {
    const detail = task.error_detail;
    const code = detail.code ?? '';
    const offered = /** @type {Choice[]} */ (detail.choices ?? []);
    const groups = groupsOf(offered);
    const title = reasonHeading(code) || t('What is wrong');
    return h(
        'section',
        { class: offered.length ? 'question' : 'problem', 'aria-label': title },
        h('h2', null, title),
        h('p', null, reason(code, detail.args ?? {}, detail.detail ?? '')),
        groups.map(([name, list]) => group(name, list, task, mapping, choices, changed)),
        offered.length > 0 && h('p', { class: 'muted' }, t('Choose, then check again. Nothing has been written.')),
    );
}

/** Columns are asked for field by field; other choices are different ways out. @param {Choice[]} offered @returns {[string, Choice[]][]} */
function groupsOf(offered) {
    const ways = offered.filter((one) => !isColumn(one));
    const names = [...new Set(offered.filter(isColumn).map((one) => one.param))];
    /** @type {[string, Choice[]][]} */
    const columns = names.map((name) => [fieldWord(name.replace('columns.', '')), offered.filter((one) => one.param === name)]);
    return ways.length ? [...columns, ['', ways]] : columns;
}

/** @param {Choice} choice */
function isColumn(choice) {
    return choice.param.startsWith('columns.') || choice.param === 'price';
}

/** @param {string} legend @param {Choice[]} list @param {any} task @param {any} mapping @param {import('../js/preview.js').Choices} choices @param {() => void} changed */
function group(legend, list, task, mapping, choices, changed) {
    const name = uniqueId('choice');
    const code = task.error_detail.code;
    const confirm = h('div', null);
    const take = (/** @type {Choice} */ choice) => {
        for (const other of list) delete choices.change[other.param];
        fill(confirm);
        if (choice.param.startsWith('columns.'))
            chooseField(choices, letterOf(mapping, choice.value), choice.param.slice('columns.'.length));
        else if (choice.param === 'force' && code === 'E_TOO_MANY_DELETES')
            fill(confirm, typed(task.error_detail.args?.deleted ?? '', choices, changed));
        else choices.change[choice.param] = choice.value;
        changed();
    };
    const line = (/** @type {Choice} */ choice) => {
        const now = choice.param.startsWith('columns.')
            ? choices.columns[choice.param.slice('columns.'.length)] === letterOf(mapping, choice.value)
            : choices.change[choice.param] === choice.value;
        const input = h('input', { type: 'radio', name, value: choice.value, checked: now });
        input.addEventListener('change', () => take(choice));
        return h('label', { class: 'check' }, input, h('span', null, choiceWords(choice, code, mapping)));
    };
    return h(
        'fieldset',
        { class: 'choices' },
        h('legend', { class: legend ? '' : 'spoken' }, legend || t('Choices')),
        list.map(line),
        confirm,
    );
}

/** @param {any} mapping @param {string} value a caption or a letter */
function letterOf(mapping, value) {
    const found = mapping?.columns.find((/** @type {any} */ one) => one.letter === value || one.caption === value);
    return found?.letter ?? value;
}

/** Many deletions want their number typed; then the guard is lifted for deletions alone, not for dates. @param {string} number @param {import('../js/preview.js').Choices} choices @param {() => void} changed */
function typed(number, choices, changed) {
    const id = uniqueId('typed');
    const input = h('input', { id, inputmode: 'numeric', autocomplete: 'off' });
    input.addEventListener('input', () => {
        if (input.value.replace(/\D/g, '') === number) choices.change.max_delete_pct = 100;
        else delete choices.change.max_delete_pct;
        changed();
    });
    return h('div', { class: 'field' }, h('label', { for: id }, t('Type {n} to confirm', { n: int(number) })), input);
}
