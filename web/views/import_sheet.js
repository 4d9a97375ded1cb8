/* The sheet as it is, with a choice of the field over each column. */
import { attr, data, fill, h } from '../ui/dom.js';
import { select } from '../ui/parts.js';
import { chooseField, fieldOf } from '../js/preview.js';
import { fieldWord, rowWord, whyWord } from '../js/importwords.js';
import { t } from '../js/words.js';

const GROUPS = [() => t('Which item'), () => t('How many'), () => t('Price'), () => t('Other')];
/** @type {Record<string, number>} */
const GROUP_OF = { part_number: 0, lot: 0, code: 0, name: 0, vendor: 0, qty: 1, free: 1, reserved: 1, unit: 1, min_qty: 1 };
for (const name of ['unit_cost', 'total_cost', 'currency', 'price', 'vat_rate']) GROUP_OF[name] = 2;

/** @param {any} mapping @param {import('../js/preview.js').Choices} choices @param {() => void} changed */
export function sheetGrid(mapping, choices, changed) {
    const columns = mapping.columns;
    /** @type {(() => void)[]} */
    const refresh = [];
    const heads = columns.map((/** @type {any} */ column) => {
        const { el, draw } = head(mapping, choices, column, () => {
            for (const fn of refresh) fn();
            changed();
        });
        refresh.push(draw);
        return el;
    });
    const table = h(
        'table',
        { class: 'table grid sheet', role: 'table' },
        h('caption', { class: 'spoken' }, t('The sheet as it is')),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('Row')), heads)),
        h(
            'tbody',
            null,
            mapping.rows.map((/** @type {any} */ row) => line(row, columns)),
        ),
    );
    for (const fn of refresh) fn();
    return h('div', { class: 'table-frame sheet-frame', tabindex: '0', role: 'region', 'aria-label': t('The sheet as it is') }, table);
}

/** @param {any} mapping @param {import('../js/preview.js').Choices} choices @param {any} column @param {() => void} changed */
function head(mapping, choices, column, changed) {
    const control = fieldSelect(mapping, column);
    const why = h('span', { class: 'sheet-why' });
    control.setAttribute('aria-label', t('Field of column {letter}', { letter: column.letter }));
    control.addEventListener('change', () => {
        chooseField(choices, column.letter, control.value);
        changed();
    });
    const el = h('th', { scope: 'col' }, h('span', { class: 'sheet-letter' }, column.letter), control, why);
    const draw = () => {
        const field = fieldOf(mapping, choices, column);
        const chosen = field !== '' && choices.columns[field] === column.letter;
        const asks = !chosen && column.why?.code === 'in_question' && !(column.field in choices.columns);
        control.value = field;
        attr(el, 'class', asks ? 'sheet-asks' : field ? 'sheet-read' : 'sheet-unread');
        fill(why, chosen ? t('your choice') : field === column.field || !field ? whyWord(column.why?.code ?? '') : '');
    };
    return { el, draw };
}

/** @param {any} mapping @param {any} column */
function fieldSelect(mapping, column) {
    const fields = /** @type {string[]} */ (mapping.fields);
    const control = select([['', t('Not read')]], '');
    GROUPS.forEach((name, i) => {
        const own = fields.filter((field) => (GROUP_OF[field] ?? 3) === i);
        if (!own.length) return;
        const group = h(
            'optgroup',
            null,
            own.map((field) => h('option', { value: field }, fieldWord(field))),
        );
        group.label = name();
        control.append(group);
    });
    if (column.field && !fields.includes(column.field)) control.append(h('option', { value: column.field }, fieldWord(column.field)));
    return control;
}

/** @param {any} row @param {any[]} columns */
function line(row, columns) {
    const word = rowWord(row.kind);
    const aside = row.kind !== 'data';
    return h(
        'tr',
        { class: aside ? 'sheet-aside' : '' },
        h('th', { scope: 'row' }, String(row.row), word && h('span', { class: 'sheet-kind' }, ` ${word}`)),
        columns.map((column) => cell(row.cells[indexOf(column.letter)])),
    );
}

/** @param {string | null | undefined} value */
function cell(value) {
    const shown = String(value ?? '');
    return h('td', { class: /^[-\u2212]?[\d\s.,]+$/.test(shown) ? 'num' : '' }, data(shown));
}

/** "A" is 0. @param {string} letter */
export function indexOf(letter) {
    return [...letter].reduce((at, c) => at * 26 + c.charCodeAt(0) - 64, 0) - 1;
}
