/* Part numbers that no lot is known for. One at a time stands on top with its suggestions: a click or a key maps it, and the next one comes. */
import { data, fill, h, put, say } from '../ui/dom.js';
import { button, empty, heading, link, problemBox } from '../ui/parts.js';
import { choicesOf, filters } from '../ui/filters.js';
import { list } from '../ui/list.js';
import { lookup } from '../ui/lookup.js';
import { numberField } from '../ui/numberfield.js';
import { dec, int } from '../ui/number.js';
import { get, send } from '../js/api.js';
import { onKey } from '../js/keys.js';
import { may } from '../js/session.js';
import { facts } from '../js/store.js';
import { t, tn } from '../js/words.js';
import { differs } from './unmatched_differs.js';

export const unmatched = {
    path: 'unmatched',
    label: () => t('Unmatched'),
    title: () => t('Unmatched'),
    badge: 'unmatched_numbers',
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'unmatched',
    mount,
};

const PAGE = 100;
const AHEAD = 5;

/** @typedef {{one: any, lot: string, name: string, linked: {stock: number, quotes: number}, vendor: string, created: boolean}} Done */

/** The vendor of all its rows, or any. @param {any} one */
const vendorOf = (one) => (one.vendors.length === 1 ? one.vendors[0] : '');

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, query, signal }) {
    const words = h('p', { class: 'muted', 'aria-live': 'off' });
    const place = h('div', { class: 'match' });
    const next = h('ol', { class: 'plain-list match-next' });
    const doneList = h('ul', { class: 'plain-list' });
    const doneBlock = h('section', { class: 'block', hidden: true }, h('h2', null, t('Matched in this visit')), doneList);
    const fault = h('div', null);
    const lots = lookup({ label: t('Another lot: code, name or part number'), signal, choose: (lot) => match(lot.lot_code, lot.name) });
    const each = numberField(t('Lots in one number'), '1');
    const pack = numberField(t('Pieces in a pack'), '');
    const label = h('label', { for: lots.input.id }, t('Another lot'), ' ', h('kbd', { class: 'match-key' }, '/'));
    const other = h('div', { class: 'row match-other' }, h('div', { class: 'field match-lookup' }, label, lots.el), each.el, pack.el);
    /** @type {any[]} those that wait, the one on top first */
    let rows = [];
    /** @type {any[]} */
    const skipped = [];
    /** @type {Done[]} */
    const done = [];
    let cursor = '';
    let ended = false;
    let warehouse = query.wh ?? '';
    let busy = false;
    let reading = new AbortController();

    const load = async () => {
        const mine = reading;
        const answer = await get('api/stock/unmatched', { warehouse, limit: PAGE, cursor }, { signal: mine.signal });
        if (signal.aborted || mine.signal.aborted) return;
        if (!answer.ok) return void fill(place, problemBox(answer.problem, load));
        rows = [...rows, ...answer.data.unmatched];
        cursor = answer.data.next_cursor ?? '';
        ended = cursor === '';
        draw();
    };
    const again = () => {
        reading.abort();
        reading = new AbortController();
        signal.addEventListener('abort', () => reading.abort());
        [rows, cursor, ended] = [[], '', false];
        skipped.length = 0;
        load();
    };
    const count = () => {
        const left = ended ? int(rows.length + skipped.length) : `${int(rows.length + skipped.length)}+`;
        const n = facts.get('summary')?.attention?.unmatched_numbers;
        fill(
            words,
            t('left: {left}, done: {done}', {
                left: ended || warehouse || n === undefined ? left : int(Math.max(rows.length, n)),
                done: int(done.length),
            }),
        );
    };
    const draw = () => {
        if (rows.length === 0 && skipped.length && ended) rows = skipped.splice(0);
        const [one] = rows;
        count();
        if (rows.length <= AHEAD && !ended) load();
        other.hidden = !one;
        const held = place.contains(document.activeElement);
        if (one) fill(place, top(one));
        else if (ended) fill(place, nothing());
        if (held) place.querySelector('button')?.focus();
        list(next, rows.slice(1, 1 + AHEAD), (row) => row.pn_norm, nextLine);
        list(doneList, [...done].reverse().slice(0, 20), (entry) => `${entry.one.pn_norm}/${entry.lot}`, doneLine);
        nextBlock.hidden = rows.length < 2;
        doneBlock.hidden = done.length === 0;
    };
    const top = (/** @type {any} */ one) => {
        const choices = one.suggestions.map((/** @type {any} */ hint, /** @type {number} */ i) => choice(one, hint, i));
        return [
            h(
                'div',
                { class: 'match-head' },
                h('h2', { class: 'match-number' }, data(one.part_number)),
                h('span', null, data(one.vendors.filter(Boolean).join(', '))),
                h('div', null, data(one.name)),
                h(
                    'div',
                    { class: 'muted' },
                    t('free: {n}', { n: dec(one.free, 'quantity') }),
                    ', ',
                    data(one.warehouses.join(', ')),
                    one.quotes > 0 && [', ', t('quotes that wait: {n}', { n: int(one.quotes) })],
                ),
            ),
            choices.length
                ? h('ol', { class: 'plain-list match-choices' }, choices)
                : h('p', { class: 'muted' }, t('No number looks like it: choose a lot below.')),
        ];
    };
    const choice = (/** @type {any} */ one, /** @type {any} */ hint, /** @type {number} */ i) =>
        h(
            'li',
            null,
            h(
                'button',
                { type: 'button', class: 'button match-choice', disabled: !may('edit'), onclick: () => match(hint.lot_code, hint.name) },
                h('kbd', null, String(i + 1)),
                h('b', null, data(hint.part_number)),
                h('span', null, data(hint.lot_code)),
                h('span', { class: 'match-name' }, data(hint.name)),
                h('span', { class: 'muted' }, differs(one.pn_norm, hint.part_number)),
            ),
        );
    const nextLine = (/** @type {any} */ row) =>
        h('li', null, h('b', null, data(row.part_number)), ' ', h('span', { class: 'muted' }, data(row.name)));
    const doneLine = (/** @type {Done} */ entry) =>
        h(
            'li',
            { class: 'match-done' },
            h('b', null, data(entry.one.part_number)),
            h(
                'span',
                null,
                '→ ',
                link(entry.lot, `#/prices/${encodeURIComponent(entry.lot)}`),
                ' ',
                h('span', { class: 'muted' }, data(entry.name)),
            ),
            entry.created && button(t('Undo'), () => undo(entry), { describe: t('Undo: {number}', { number: entry.one.part_number }) }),
        );
    const nothing = () =>
        empty(
            warehouse ? t('Nothing is unmatched in this warehouse.') : t('Every part number in stock has its lot.'),
            done.length ? link(t('Recalculate'), '#/recalculate', 'button') : link(t('Stock'), '#/stock', 'button'),
        );
    const refresh = async () => {
        const answer = await get('api/tasks/summary');
        if (answer.ok) facts.set('summary', answer.data);
        if (!signal.aborted) count();
    };

    const match = async (/** @type {string} */ lot, /** @type {string} */ name) => {
        const [one] = rows;
        if (!one || busy || !may('edit')) return;
        const [lotQty, packQty] = [each.read(), pack.read()];
        if (lotQty === null || packQty === null) return;
        busy = true;
        const vendor = vendorOf(one);
        const body = { part_number: one.part_number, vendor, lot_code: lot, lot_qty: lotQty || '1', pack_qty: packQty || null };
        const answer = await send('PUT', 'api/part-numbers', { body });
        busy = false;
        if (signal.aborted) return;
        if (!answer.ok)
            return void fill(
                fault,
                problemBox(answer.problem, () => match(lot, name)),
            );
        fill(fault);
        [each.set('1'), pack.set('')];
        rows = rows.filter((row) => row !== one);
        done.push({ one, lot: answer.data.lot_code, name, vendor, linked: answer.data.linked, created: answer.data.created });
        say(t('{number} is {lot}. Next: {next}', { number: one.part_number, lot, next: rows[0]?.part_number ?? '–' }));
        draw();
        refresh();
    };
    const undo = async (/** @type {Done | undefined} */ entry) => {
        if (!entry || !entry.created || busy) return;
        busy = true;
        const query = {
            part_number: entry.one.part_number,
            vendor: entry.vendor,
            unlink_stock: entry.linked.stock,
            unlink_quotes: entry.linked.quotes,
        };
        const answer = await send('DELETE', 'api/part-numbers', { query });
        busy = false;
        if (signal.aborted) return;
        if (!answer.ok)
            return void fill(
                fault,
                problemBox(answer.problem, () => undo(entry)),
            );
        fill(fault);
        done.splice(done.indexOf(entry), 1);
        if (answer.data.kept.stock > 0)
            fill(
                fault,
                h(
                    'p',
                    { class: 'tone-warn', role: 'status' },
                    tn('The mapping of {number} is gone, but stock keeps its lot until the next import.', {
                        number: data(entry.one.part_number),
                    }),
                ),
            );
        else rows = [entry.one, ...rows];
        say(t('Undo: {number}', { number: entry.one.part_number }));
        draw();
        refresh();
    };
    const skip = () => {
        if (rows.length + skipped.length < 2) return;
        skipped.push(rows.shift());
        draw();
        if (rows[0]) say(t('Next: {number}', { number: rows[0].part_number }));
    };

    for (const i of [0, 1, 2])
        onKey(
            String(i + 1),
            () => {
                const hint = rows[0]?.suggestions[i];
                if (hint) match(hint.lot_code, hint.name);
            },
            signal,
        );
    onKey('s', skip, signal);
    onKey('u', () => undo(done.at(-1)), signal);
    onKey('/', () => lots.input.focus(), signal);
    const warehouses = choicesOf('api/warehouses', 'warehouses', (row) => [row.code, `${row.code} ${row.name}`], signal);
    const above = filters({ parts: ['unmatched'], query, signal, changed: (now) => ((warehouse = now.wh ?? ''), again()) })
        .choice(t('Warehouse'), 'wh', [['', t('All')]], warehouses)
        .ready();
    const withKey = (/** @type {HTMLElement} */ el, /** @type {string} */ key) => put(el, h('kbd', { class: 'match-key' }, key));
    const nextBlock = h('section', { class: 'block', hidden: true }, h('h2', null, t('Next')), next);
    put(
        main,
        heading(
            t('Unmatched'),
            withKey(button(t('Skip'), skip), 's'),
            withKey(
                button(t('Undo'), () => undo(done.at(-1)), { scope: 'edit' }),
                'u',
            ),
        ),
        above.el,
        words,
        place,
        other,
        fault,
        nextBlock,
        doneBlock,
    );
    again();
}
