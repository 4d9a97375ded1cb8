/* Refused rows: put a cell right, take a suggestion, or leave the row out. Corrections are sent with the next check; the file stays as it is. */
import { data, fill, h, put, show, text } from '../ui/dom.js';
import { button, empty, problemBox, uniqueId } from '../ui/parts.js';
import { pages, table } from '../ui/table.js';
import { int } from '../ui/number.js';
import { reason } from '../js/reasons.js';
import { send } from '../js/api.js';
import { putFix } from '../js/preview.js';
import { faultName } from '../js/importwords.js';
import { may } from '../js/session.js';
import { t } from '../js/words.js';
import { bare, place } from './task_rows.js';

/** @typedef {import('../js/preview.js').Choices} Choices */

const REFUSED = '!';

/** @param {any} task @param {any} mapping @param {Choices} choices @param {() => void} changed @param {AbortSignal} signal */
export function rowsToMend(task, mapping, choices, changed, signal) {
    const counts = { ...(task.result?.errors ?? {}), ...(task.result?.warnings ?? {}) };
    const refusals = Object.values(task.result?.errors ?? {}).length;
    const body = h('div', null);
    const chips = h('div', { class: 'tabs', role: 'group', 'aria-label': t('Kind') });
    const el = h('section', { class: 'block', hidden: true }, h('h2', null, t('Refused rows and warnings')), chips, body);
    let now = refusals ? REFUSED : '';
    const draw = () => {
        const kinds = Object.entries(counts).map(([name, n]) => chip(`${faultName(name)} ${int(n)}`, name, now, pick));
        const first = refusals ? chip(t('Refused'), REFUSED, now, pick) : null;
        fill(chips, kinds.length > 1 && [first, chip(t('All'), '', now, pick), ...kinds]);
        fill(
            body,
            listOf(task, mapping, choices, changed, now, (any) => show(el, any || kinds.length > 0), signal),
        );
    };
    const pick = (/** @type {string} */ name) => ((now = name), draw());
    draw();
    return el;
}

/** @param {string} label @param {string} name @param {string} now @param {(name: string) => void} pick */
function chip(label, name, now, pick) {
    return h('button', { type: 'button', class: 'tab', 'aria-pressed': name === now ? 'true' : 'false', onclick: () => pick(name) }, label);
}

/** @param {any} task @param {any} mapping @param {Choices} choices @param {() => void} changed @param {string} code @param {(any: boolean) => void} found @param {AbortSignal} signal */
function listOf(task, mapping, choices, changed, code, found, signal) {
    const said = h('div', null);
    const rows = table({
        caption: t('Refused rows and warnings'),
        key: (row) => `${row.sheet}/${row.row}/${row.column}/${row.code}`,
        columns: [
            { head: t('Cell'), cell: place },
            { head: t('Column'), cell: (row) => data(row.caption ?? '') },
            { head: t('Text'), kind: 'main', cell: (row) => data(row.text ?? '') },
            { head: t('Why'), cell: (row) => reason(row.code, row.args ?? {}, bare(row.message)) },
            { head: t('Correction'), cell: (row) => mend(row, mapping, choices, changed, said), patch: () => {} },
        ],
    });
    const list = pages({
        path: task.links.rows.replace(/^\//, ''),
        query: code === REFUSED ? { limit: 100, severity: 'error' } : { limit: 100, code },
        member: 'rows',
        table: rows,
        signal,
        nothing: () => empty(t('Nothing was refused.')),
        shown: (all) => found(all.length > 0),
    });
    return [said, list.el];
}

/** @param {any} row @param {any} mapping @param {Choices} choices @param {() => void} changed @param {HTMLElement} said */
function mend(row, mapping, choices, changed, said) {
    const known = (/** @type {string | undefined} */ column) =>
        choices.fixes.find((one) => one.sheet === (row.sheet ?? '') && one.row === row.row && (one.column ?? '') === (column ?? ''));
    const box = h('div', { class: 'mend' });
    if (row.row === null || row.severity !== 'error') return put(box, suggested(row, mapping, choices, changed, said));
    const fix = (/** @type {Partial<import('../js/preview.js').Fix>} */ more) => {
        putFix(choices.fixes, { sheet: row.sheet ?? '', row: row.row, ...more });
        changed();
    };
    if (row.column) {
        const old = row.text ?? '';
        const input = h('input', {
            id: uniqueId('mend'),
            value: known(row.column)?.value ?? old,
            maxlength: 200,
            spellcheck: 'false',
            'aria-label': t('Correction of {cell}', { cell: `${row.column}${row.row}` }),
        });
        input.addEventListener('change', () => fix({ column: row.column, value: input.value, old }));
        put(box, input);
    }
    put(box, suggested(row, mapping, choices, changed, said));
    const leave = h(
        'button',
        { type: 'button', class: 'button plain', 'aria-pressed': known('')?.skip ? 'true' : 'false' },
        t('Leave out'),
    );
    leave.addEventListener('click', () => {
        const on = leave.getAttribute('aria-pressed') !== 'true';
        leave.setAttribute('aria-pressed', on ? 'true' : 'false');
        if (on) fix({ skip: true });
        else {
            choices.fixes.splice(
                choices.fixes.findIndex((one) => one.skip && one.row === row.row && one.sheet === (row.sheet ?? '')),
                1,
            );
            changed();
        }
    });
    return put(box, leave);
}

/** A lot for a number is knowledge: it goes to the map at once. Where the number has several lots, the vendor's cell decides. @param {any} row @param {any} mapping @param {Choices} choices @param {() => void} changed @param {HTMLElement} said */
function suggested(row, mapping, choices, changed, said) {
    const vendorColumn = mapping?.columns.find((/** @type {any} */ one) => one.field === 'vendor')?.letter;
    const act = async (/** @type {any} */ one, /** @type {HTMLButtonElement} */ el) => {
        if (row.code === 'E_PN_AMBIGUOUS')
            putFix(choices.fixes, { sheet: row.sheet ?? '', row: row.row, column: vendorColumn, value: one.vendor, old: undefined });
        else {
            const vendor = row.args?.vendor ?? one.vendor ?? '';
            const answer = await send('PUT', 'api/part-numbers', {
                body: { part_number: row.args?.number ?? row.text, vendor, lot_code: one.lot },
            });
            fill(said, answer.ok ? '' : problemBox(answer.problem));
            if (!answer.ok) return;
            choices.change.expect_import ??= null; // the map has changed: what was checked is no longer so
        }
        text(el, t('taken: {lot}', { lot: one.lot }));
        el.disabled = true;
        changed();
    };
    return row.suggestions
        .filter(() => (row.code === 'E_PN_AMBIGUOUS' ? vendorColumn : may('edit')))
        .slice(0, 3)
        .map((/** @type {any} */ one) => {
            const el = button(one.lot, () => act(one, el), { describe: t('It is {lot}: {name}', { lot: one.lot, name: one.name ?? '' }) });
            return el;
        });
}

/** The corrections so far, each with a way back. @param {any} task @param {Choices} choices @param {() => void} changed */
export function fixList(task, choices, changed) {
    const el = h('section', { class: 'block', 'aria-label': t('Corrections') });
    const draw = () => {
        const all = [
            ...(task.params?.fixes ?? []).map((/** @type {any} */ fix) => ({ fix, sent: true })),
            ...choices.fixes.map((fix) => ({ fix, sent: false })),
        ];
        show(el, all.length > 0);
        const item = (/** @type {{fix: import('../js/preview.js').Fix, sent: boolean}} */ { fix, sent }) =>
            h(
                'li',
                null,
                h('b', null, `${fix.column ?? ''}${fix.row} `),
                fix.skip ? t('left out') : [fix.old !== undefined && h('del', null, data(fix.old)), ' → ', data(fix.value ?? '')],
                sent
                    ? ` ${t('(checked)')}`
                    : button(t('Take back'), () => (choices.fixes.splice(choices.fixes.indexOf(fix), 1), changed()), { kind: 'plain' }),
            );
        fill(el, h('h2', null, t('Corrections: {n}', { n: all.length })), h('ul', { class: 'plain-list' }, all.slice(0, 50).map(item)));
    };
    draw();
    return { el, draw };
}
