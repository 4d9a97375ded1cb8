/* Prices that a run has held back: approve or dismiss them by rows or by filter. The count is asked for first and sent along, so that
 * nothing else is decided than what was shown. */
import { data, fill, h, put } from '../ui/dom.js';
import { change } from '../ui/change.js';
import { button, dialog, empty, heading, lotLink, problemBox } from '../ui/parts.js';
import { dec, int } from '../ui/number.js';
import { day } from '../ui/date.js';
import { pages, table } from '../ui/table.js';
import { send } from '../js/api.js';
import { onKey } from '../js/keys.js';
import { go } from '../js/router.js';
import { currency, may } from '../js/session.js';
import { t, tp } from '../js/words.js';
import { printPages } from './printing.js';
import { asked, heldFilters, inWords } from './held_filters.js';

export const held = {
    path: 'held',
    label: () => t('On hold'),
    title: () => t('On hold'),
    badge: 'held_prices',
    rail: true,
    takes: (/** @type {string[]} */ parts) => parts.length === 1 && parts[0] === 'held',
    mount,
};

/** @typedef {'approve' | 'dismiss'} Decision */

/** All that match the filter, or single rows. @param {() => void} changed */
function selection(changed) {
    /** @type {Set<number>} */
    const some = new Set();
    const self = {
        all: true,
        some,
        /** @type {number | null} of the filter; null: not known */
        matched: /** @type {number | null} */ (null),
        /** @param {number} id */
        has: (id) => self.all || some.has(id),
        n: () => (self.all ? (self.matched ?? 0) : some.size),
        /** @param {number} id @param {boolean} on @param {any[]} rows that are loaded */
        tick(id, on, rows) {
            if (self.all) for (const row of rows) some.add(row.id);
            self.all = false;
            if (on) some.add(id);
            else some.delete(id);
            changed();
        },
        /** @param {boolean} on */
        take(on) {
            self.all = on;
            some.clear();
            changed();
        },
    };
    return self;
}

/** @param {ReturnType<typeof selection>} chosen @param {() => any[]} loaded */
function heldTable(chosen, loaded) {
    const tick = (/** @type {any} */ row) => {
        const box = h('input', { type: 'checkbox', checked: chosen.has(row.id), 'aria-label': t('Choose {what}', { what: row.lot_code }) });
        box.dataset.id = String(row.id);
        box.addEventListener('change', () => chosen.tick(row.id, box.checked, loaded()));
        return box;
    };
    const unit = { currency: currency() };
    return table({
        caption: t('Prices on hold'),
        key: (row) => String(row.id),
        columns: [
            { head: t('Lot'), cell: (row) => h('span', { class: 'ticked' }, tick(row), lotLink(row.lot_code)), patch: () => {} },
            { head: t('Name'), cell: (row) => data(row.name) },
            { head: t('Now, {currency}', unit), kind: 'num', cell: (row) => dec(row.price, 'money') },
            { head: t('Proposed, {currency}', unit), kind: 'num', cell: (row) => dec(row.new_price, 'money') },
            { head: t('Change'), kind: 'main num', cell: (row) => change(row.change_pct ?? '0') },
            { head: t('Quotes'), kind: 'num', cell: (row) => t('{done} of {total}', { done: int(row.n_used), total: int(row.n_quotes) }) },
            { head: t('As of'), cell: (row) => day(row.as_of) },
            { head: '', kind: 'act', cell: (row) => whyLink(row) },
        ],
    });
}

/** @param {any} row */
function whyLink(row) {
    const a = lotLink(row.lot_code, t('Why?'));
    a.setAttribute('aria-label', t('Why? {lot}', { lot: row.lot_code }));
    return a;
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, query, signal }) {
    let now = query;
    const bar = h('div', { class: 'selection', hidden: true });
    const told = h('div', { class: 'told' });
    const said = h('p', { class: 'filter-said', role: 'status' });
    const chosen = selection(() => draw());
    const rows = heldTable(chosen, () => all.rows());
    const clear = button(t('Clear filters'), () => go(['held']));
    const all = pages({
        path: 'api/price-changes/held',
        query: { ...asked(query), limit: 200 },
        member: 'held',
        table: rows,
        signal,
        nothing: () => (Object.values(now).some(Boolean) ? empty(t('Nothing matches.'), clear) : empty(t('No price is on hold.'))),
        shown: () => draw(),
    });
    const master = h('input', { type: 'checkbox', checked: true });
    master.addEventListener('change', () => chosen.take(master.checked));
    const words = h('span', null);
    const acts = h('div', { class: 'row' });
    put(bar, h('label', { class: 'check' }, master, words), acts);
    /** Count and rows anew, all selected. */
    const show = async () => {
        const asking = now;
        chosen.matched = null;
        chosen.take(true);
        said.textContent = '';
        const matched = await count(asking, signal);
        if (signal.aborted || asking !== now || matched === null) return;
        chosen.matched = matched;
        said.textContent = t('Match the filter: {n}', { n: int(matched) });
        draw();
    };
    const again = () => (all.again(), show());
    const ask = (/** @type {Decision} */ decision) => confirm(decision, chosen, now, (answer) => tell(told, answer, decision, again));
    const draw = () => {
        const n = chosen.n();
        const loaded = all.rows();
        master.checked = chosen.all;
        master.indeterminate = !chosen.all && n > 0;
        words.textContent = chosen.all ? t('All that match are selected: {n}', { n: int(n) }) : t('selected: {n}', { n: int(n) });
        for (const box of rows.body.querySelectorAll('input')) box.checked = chosen.has(parseInt(box.dataset.id ?? '0', 10));
        bar.hidden = loaded.length === 0;
        fill(
            acts,
            button(tp('Approve {n}', n, int(n)), () => ask('approve'), { kind: 'primary', scope: 'edit' }),
            button(tp('Dismiss {n}', n, int(n)), () => ask('dismiss'), { scope: 'edit' }),
        );
        for (const one of acts.querySelectorAll('button')) one.disabled ||= n === 0;
    };
    const changed = (/** @type {Record<string, string>} */ next) => {
        now = { ...next };
        fill(told);
        all.ask({ ...asked(now), limit: 200 });
        show();
    };
    const print = async () => {
        const back = () => rows.set(all.rows());
        const problem = await printPages({
            path: 'api/price-changes/held',
            query: asked(now),
            member: 'held',
            table: rows,
            back,
            files: [],
            signal,
        });
        if (problem) fill(told, problemBox(problem));
    };
    put(main, heading(t('On hold'), button(t('Print'), print)), heldFilters(query, signal, changed), told, said, bar, all.el);
    onKey('a', () => may('edit') && chosen.n() > 0 && ask('approve'), signal, t('Approve'));
    onKey('d', () => may('edit') && chosen.n() > 0 && ask('dismiss'), signal, t('Dismiss'));
    show();
}

/** How many match, without deciding. @param {Record<string, string>} query @param {AbortSignal} signal */
async function count(query, signal) {
    if (!may('edit')) return null;
    const answer = await send('POST', 'api/price-changes/decide', {
        body: { ...asked(query), decision: 'approve', dry_run: true },
        signal,
    });
    return answer.ok ? answer.data.matched : null;
}

/** @param {Decision} decision @param {ReturnType<typeof selection>} chosen @param {Record<string, string>} query @param {(answer: import('../js/api.js').Answer) => void} then */
function confirm(decision, chosen, query, then) {
    const n = chosen.n();
    const approve = decision === 'approve';
    const act = async (/** @type {() => void} */ close) => {
        const which = chosen.all ? asked(query) : { ids: [...chosen.some] };
        close();
        then(await send('POST', 'api/price-changes/decide', { body: { ...which, decision, expect: n }, ms: 120000 }));
    };
    dialog(approve ? tp('Approve {n} prices?', n, int(n)) : tp('Dismiss {n} prices?', n, int(n)), (close) =>
        [
            chosen.all && h('p', null, inWords(query)),
            h('p', null, approve ? t('Each gets the proposed price.') : t('The prices stay as they are, the proposals go.')),
            h(
                'div',
                { class: 'row' },
                button(approve ? t('Yes, approve {n}', { n: int(n) }) : t('Yes, dismiss {n}', { n: int(n) }), () => act(close), {
                    kind: 'primary',
                }),
                button(t('Cancel'), close),
            ),
        ].filter((part) => part !== false),
    );
}

/** @param {string} code */
function skippedWord(code) {
    switch (code) {
        case 'changed':
            return t('the price has changed since');
        case 'decided':
            return t('decided the other way by somebody else');
        case 'busy':
            return t('a recalculation is at work: try again later');
        case 'not-held':
            return t('was not on hold');
        default:
            return t('is no longer there');
    }
}

/** What was decided and what was left out; then the rows anew. @param {HTMLElement} told @param {import('../js/api.js').Answer} answer @param {Decision} decision @param {() => void} again */
function tell(told, answer, decision, again) {
    if (!answer.ok) {
        const moved = answer.problem.kind === 'conflict';
        if (!moved) return void fill(told, problemBox(answer.problem));
        return void fill(
            told,
            h(
                'div',
                { class: 'question', role: 'alert' },
                h('h2', null, t('Nothing was decided')),
                h('p', null, t('Other prices match now than were shown.')),
                button(t('Show them'), () => (fill(told), again())),
            ),
        );
    }
    const r = answer.data;
    const done = r.decided + r.already;
    again();
    fill(
        told,
        h(
            'p',
            { class: 'tone-ok', role: 'status' },
            decision === 'approve' ? t('Approved: {n}', { n: int(done) }) : t('Dismissed: {n}', { n: int(done) }),
        ),
        r.skipped_total > 0 &&
            h(
                'details',
                { class: 'question', open: true },
                h('summary', null, t('Left out: {n}', { n: int(r.skipped_total) })),
                h(
                    'ul',
                    null,
                    r.skipped
                        .slice(0, 100)
                        .map((/** @type {any} */ one) =>
                            h('li', null, one.lot_code ? lotLink(one.lot_code) : int(one.id), ` – ${skippedWord(one.code)}`),
                        ),
                ),
            ),
        r.more && h('p', null, t('More match than can be decided at once: decide again.')),
    );
}
