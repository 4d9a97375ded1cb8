/* One component: its price and why, the plot, the quotes of a run, what would change it, and its history. */
import { data, fill, h, put } from '../ui/dom.js';
import { button, empty, field, heading, link, loading, problemBox, select } from '../ui/parts.js';
import { dec } from '../ui/number.js';
import { day, localDay } from '../ui/date.js';
import { get, send } from '../js/api.js';
import { begin } from '../js/mine.js';
import { keepInPath } from '../js/router.js';
import { currency } from '../js/session.js';
import { methodWord } from '../js/params.js';
import { t, tn } from '../js/words.js';
import { stateMark } from './prices.js';
import { editSettings, manualPrice, priceUnit } from './component_edit.js';
import { historyTable } from './component_history.js';
import { pricePlot } from './component_plot.js';
import { besideTrial, quoteTable, reasonWord } from './component_quotes.js';
import { trialBlock } from './component_trial.js';
import { follow } from './started.js';

export const component = {
    path: 'component',
    under: 'prices',
    title: () => t('Price'),
    takes: (/** @type {string[]} */ parts) => parts.length === 2 && parts[0] === 'prices',
    mount,
};

/** @typedef {{one: any, tag: string, runs: any[], edits: any[], next: string | null, run: any, again: () => void, signal: AbortSignal}} Shown */

const PAGE = 20;

/** @param {import('../js/main.js').Visit} visit */
async function mount({ main, parts, query, signal, again }) {
    const path = `api/components/${encodeURIComponent(parts[1])}`;
    const body = h('div', null);
    put(main, heading(t('Price')), body);
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const done = loading(body, stop.signal, () => stop.abort());
    const [one, history] = await Promise.all([
        get(path, {}, { signal: stop.signal }),
        get(`${path}/price-history`, { limit: PAGE }, { signal: stop.signal }),
    ]);
    done();
    if (signal.aborted) return;
    const failed = one.ok ? history : one;
    if (!failed.ok) {
        const what = failed.problem.kind === 'left' ? button(t('Try again'), again) : problemBox(failed.problem, again);
        return void fill(body, what, h('p', null, link(t('All prices'), '#/prices')));
    }
    const { runs, edits, next_cursor: next } = history.data;
    const shown = { one: one.data, tag: one.tag, runs, edits, next, run: chosenRun(runs, query.run), again, signal };
    document.title = `${one.data.lot_code} – priceforge`;
    draw(main, body, shown);
}

/** @param {any[]} runs @param {string | undefined} wanted */
function chosenRun(runs, wanted) {
    return runs.find((run) => String(run.id) === wanted) ?? runs.find((run) => run.quotes?.length) ?? runs[0] ?? null;
}

/** @param {HTMLElement} main @param {HTMLElement} body @param {Shown} shown */
function draw(main, body, shown) {
    const { one } = shown;
    const h1 = main.querySelector('h1');
    if (h1) fill(h1, data(one.lot_code), ' ', h('span', { class: 'h1-about' }, data(one.name)));
    const actions = main.querySelector('.head-actions');
    if (actions)
        fill(
            actions,
            button(t('Manual price'), () => manualPrice(shown), { scope: 'edit' }),
            button(t('Other settings'), () => editSettings(shown), { scope: 'edit' }),
        );
    const fault = h('div', null);
    const lower = h('div', null);
    fill(body, head(one), h('p', { id: 'why', class: 'why' }, why(shown)), waiting(shown, fault), unsettled(shown, fault), fault, lower);
    drawRun(lower, shown);
}

/** @param {any} one */
function head(one) {
    const numbers = one.part_numbers.flatMap((/** @type {any} */ number, /** @type {number} */ i) => [
        i > 0 && ', ',
        data(number.part_number),
        number.vendor && h('span', { class: 'muted' }, ' ', data(number.vendor)),
    ]);
    return h(
        'div',
        { class: 'price-head' },
        h('span', { class: 'price-big' }, one.price === null ? '–' : dec(one.price, 'money')),
        h('span', null, priceUnit(one.unit)),
        stateMark(one.price_state),
        one.price_changed_at && h('span', { class: 'muted' }, t('since'), ' ', localDay(one.price_changed_at)),
        !one.active && h('span', { class: 'tone-warn' }, t('switched off')),
        numbers.length > 0 && h('div', { class: 'price-numbers' }, h('span', { class: 'muted' }, t('Part number'), ': '), numbers),
    );
}

/** The run that made the price. @param {Shown} shown */
function makingRun({ one, runs }) {
    const makes = (/** @type {any} */ run) => ['updated', 'unchanged'].includes(run.outcome) || run.reviewed === 'approved';
    return runs.find((run) => run.task_id === one.price_task && makes(run)) ?? runs.find(makes) ?? null;
}

/** @param {string} words @param {string} selector */
function jump(words, selector) {
    const act = () => {
        const to = document.querySelector(selector);
        if (!(to instanceof HTMLElement)) return;
        to.scrollIntoView({ block: 'start' });
        to.focus({ preventScroll: true });
    };
    return h('button', { type: 'button', class: 'jump', onclick: act }, words);
}

/** The sentence that explains the price. @param {Shown} shown @returns {(Node | string)[]} */
function why(shown) {
    const { one } = shown;
    if (one.price === null) return [t('There is no price: no recalculation has found a quote that counts.')];
    const price = `${dec(one.price, 'money')} ${currency()}`;
    const run = makingRun(shown);
    const edit = shown.edits.find((entry) => entry.changes.some((/** @type {any} */ change) => change.field === 'manual_price'));
    if (one.price_state === 'manual')
        return edit
            ? tn('{price} was set by hand by {who}: {reason}', { price, who: data(edit.edited_by), reason: data(edit.reason) })
            : [t('{price} was set by hand.', { price })];
    if (!run) return [t('{price}, as of {day}.', { price, day: day(one.price_as_of) })];
    const places = {
        price: jump(price, '.plot'),
        method: jump(methodWord(run.method), '.trial'),
        used: jump(String(run.n_used), '.quotes-block'),
        all: String(run.n_quotes),
        day: day(run.as_of),
        step: dec(run.params?.round_step ?? '0.01'),
        coefficient: dec(run.coefficient, 'quantity'),
    };
    const made = /^1(\.0+)?$/.test(run.coefficient)
        ? tn('{price} = {method} of {used} of {all} quotes, as of {day}, rounded to {step}.', places)
        : tn('{price} = {method} of {used} of {all} quotes × {coefficient}, as of {day}, rounded to {step}.', places);
    if (one.price_state === 'stale') made.push(' ', t('It holds on: the newest recalculation found no quote that counts.'));
    return made;
}

/** A proposal that waits for somebody. @param {Shown} shown @param {HTMLElement} fault */
function waiting({ one, runs, again }, fault) {
    if (one.held === null) return null;
    const run = runs.find((entry) => entry.id === one.held);
    const decide = async (/** @type {string} */ what) => {
        const answer = await send('POST', `api/price-changes/${one.held}/${what}`, { body: {} });
        if (answer.ok) again();
        else fill(fault, problemBox(answer.problem), button(t('Show what holds now'), again));
    };
    const words = run
        ? t('On hold: {price} is proposed ({pct} %). Somebody must decide.', {
              price: dec(run.new_price, 'money'),
              pct: dec(run.change_pct, 'percent'),
          })
        : t('On hold: another price is proposed. Somebody must decide.');
    return h(
        'div',
        { class: 'question' },
        h('p', null, words),
        h(
            'div',
            { class: 'row' },
            button(t('Approve'), () => decide('approve'), { scope: 'edit', kind: 'primary' }),
            button(t('Dismiss'), () => decide('dismiss'), { scope: 'edit' }),
        ),
    );
}

/** Settings that were changed since the price was made. @param {Shown} shown @param {HTMLElement} fault */
function unsettled(shown, fault) {
    const run = makingRun(shown);
    const counts = ['price_method', 'window_days', 'coefficient', 'manual_price'];
    const newer = shown.edits.some(
        (edit) =>
            (!run || edit.edited_at > run.created_at) && edit.changes.some((/** @type {any} */ change) => counts.includes(change.field)),
    );
    if (!newer) return null;
    const act = async () => {
        const lot = shown.one.lot_code;
        const answer = await begin('api/prices/recalculate-all', { lot_codes: [lot] }, 'recalculate', lot);
        if (shown.signal.aborted) return;
        if (!answer.ok) return void fill(fault, problemBox(answer.problem, act));
        follow(answer.data.task_id, fault, shown.signal, shown.again);
    };
    return h(
        'div',
        { class: 'question' },
        h('p', null, t('The settings were changed after this price was made. They hold from the next recalculation.')),
        button(t('Recalculate this lot'), act, { scope: 'start' }),
    );
}

/** From a point of the plot to its row in one of the tables. @param {string} key */
function toRow(key) {
    const el = document.querySelector(`main [data-key="${key}"]`);
    if (!(el instanceof HTMLElement)) return;
    el.scrollIntoView({ block: 'center' });
    el.focus({ preventScroll: true });
}

/** What hangs on the run that is looked at. @param {HTMLElement} el @param {Shown} shown */
function drawRun(el, shown) {
    const { one, run } = shown;
    const drawn = new AbortController();
    shown.signal.addEventListener('abort', () => drawn.abort());
    const show = (/** @type {any} */ next) => {
        drawn.abort();
        keepInPath(['prices', one.lot_code], { run: next === chosenRun(shown.runs, undefined) ? '' : next.id });
        drawRun(el, { ...shown, run: next });
    };
    const history = historyTable({ ...shown, page: PAGE, show, grown: (/** @type {Shown} */ now) => (drawn.abort(), drawRun(el, now)) });
    if (!run)
        return void fill(el, empty(t('No recalculation has looked at this lot yet.'), link(t('Recalculate'), '#/recalculate')), history);
    const plotPlace = h('div', null);
    const tablePlace = h('div', null);
    const draw = (/** @type {any} */ trial) => {
        const table = quoteTable(run, trial);
        const plot = pricePlot({ ...shown, trial, signal: drawn.signal, open: toRow, light: table.light });
        table.lights((key) => plot.light(key));
        fill(plotPlace, plot.el);
        fill(tablePlace, quotesBlock(run, trial, table, shown.runs[0]));
    };
    draw(null);
    fill(el, plotPlace, tablePlace, trialBlock(shown, draw), history);
}

/** @param {any} run @param {any} trial @param {ReturnType<typeof quoteTable>} table @param {any} newest */
function quotesBlock(run, trial, table, newest) {
    const quotes = besideTrial(run, trial);
    const reasons = [...new Set(quotes.filter((/** @type {any} */ quote) => !quote.used).map((/** @type {any} */ quote) => quote.reason))];
    const which = select(
        [
            ['', `${t('All')} ${quotes.length}`],
            ['used', `${t('used')} ${run.n_used}`],
            ...reasons.map((reason) => /** @type {[string, string]} */ ([reason, reasonWord(reason)])),
        ],
        '',
    );
    which.addEventListener('change', () =>
        table.set(quotes.filter((/** @type {any} */ quote) => which.value === '' || (quote.used ? 'used' : quote.reason) === which.value)),
    );
    const left = run.n_quotes - (run.quotes ?? []).length;
    return h(
        'section',
        { class: 'block quotes-block', tabindex: '-1', 'aria-label': t('Quotes') },
        h(
            'div',
            { class: 'block-head' },
            h('h2', null, run === newest ? t('Quotes') : t('Quotes of the run as of {day}', { day: day(run.as_of) })),
            quotes.length > 1 && field(t('Show'), which).el,
        ),
        quotes.length ? h('div', { class: 'table-frame' }, table.el) : empty(t('This run looked at no quote.')),
        left > 0 && h('p', { class: 'muted' }, t('Older than the window and not listed: {n}', { n: left })),
    );
}
