/* What would change a price: a trial recalculation of this lot alone, beside the present price. Nothing is written. */
import { fill, h } from '../ui/dom.js';
import { button } from '../ui/parts.js';
import { paramForm } from '../ui/paramform.js';
import { change } from '../ui/change.js';
import { dec, int } from '../ui/number.js';
import { begin } from '../js/mine.js';
import { primary } from '../js/keys.js';
import { currency } from '../js/session.js';
import { ending } from '../js/tasktext.js';
import { t } from '../js/words.js';
import { reasonWord } from './component_quotes.js';
import { recalculation } from './price_params.js';
import { follow } from './started.js';

const SMALL = ['as_of', 'method', 'window_days', 'half_life_days', 'outlier', 'coefficient'];
const NOT_OF_ONE = ['categories', 'lot_codes', 'audit', 'max_change_pct', 'min_change_pct', 'on_no_quotes'];

/** The parameters of a recalculation that matter to one lot. What the lot has of its own cannot be tried. @param {any} one */
function specsOf(one) {
    const own = [one.price_method !== null && 'method', one.window_days !== null && 'window_days'];
    return recalculation()
        .filter((spec) => !NOT_OF_ONE.includes(spec.name) && !own.includes(spec.name))
        .map((spec) => (SMALL.includes(spec.name) ? { ...spec, first: true, help: '' } : { ...spec, first: false }));
}

/** @param {any} task @param {any} one the component */
function answered(task, one) {
    const result = task.result;
    const moved = [...result.changes.up, ...result.changes.down].find((change) => change.lot_code === one.lot_code);
    const reasons = Object.entries(result.quotes_excluded).filter(([, n]) => n > 0);
    const why = reasons.map(([name, n]) => `${reasonWord(name)}: ${int(/** @type {number} */ (n))}`).join(', ');
    const words = moved
        ? [
              t('It would be {price} {currency} instead of {old}', {
                  price: dec(moved.new, 'money'),
                  currency: currency(),
                  old: dec(moved.old, 'money'),
              }),
              ' ',
              change(moved.pct),
          ]
        : result.no_quotes + result.cleared > 0
          ? [t('No quote would count.')]
          : result.first_price > 0
            ? [t('There would be a price: there is none now.')]
            : [t('The price would stay {price} {currency}', { price: dec(one.price, 'money'), currency: currency() })];
    return {
        price: moved?.new ?? null,
        el: h(
            'div',
            { class: 'trial-answer', role: 'status' },
            h('p', null, h('b', null, words)),
            h('p', { class: 'muted' }, t('Quotes used: {used} of {all}.', { used: result.quotes_used, all: result.quotes_total })),
            why && h('p', { class: 'muted' }, t('Not used: {why}', { why })),
            h('p', { class: 'muted' }, t('Nothing was written.')),
        ),
    };
}

/** @param {any} shown @param {(price: string | null) => void} draw */
export function trialBlock(shown, draw) {
    const { one, run, signal } = shown;
    const form = paramForm(specsOf(one), { ...(run.params ?? {}), as_of: run.as_of });
    const below = h('div', null);
    const act = async () => {
        const wanted = form.read();
        if (!wanted) return;
        form.clear();
        const params = { ...wanted, lot_codes: [one.lot_code], dry_run: true };
        const started = await begin('api/prices/recalculate-all', params, 'recalculate', one.lot_code);
        if (signal.aborted) return;
        if (!started.ok) return void form.faults(started.problem, act);
        follow(started.data.task_id, below, signal, (task) => {
            if (task.status !== 'completed') return void fill(below, h('p', { class: 'tone-bad', role: 'status' }, ending(task).text));
            const answer = answered(task, one);
            draw(answer.price);
            fill(below, answer.el);
        });
    };
    primary(act, signal);
    return h(
        'section',
        { class: 'block trial', tabindex: '-1', 'aria-label': t('What would change it') },
        h('h2', null, t('What would change it')),
        form.el,
        button(t('Try it: nothing is written'), act, { scope: 'start' }),
        below,
    );
}
