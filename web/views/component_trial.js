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

/** @param {any} run what would have been done @param {any} one the component */
function verdict(run, one) {
    const price = dec(run.new_price, 'money');
    if (run.n_used === 0 && run.method !== 'manual') return [t('No quote would count.')];
    if (one.price === null) return [t('There would be a price: {price} {currency}.', { price, currency: currency() })];
    if (run.outcome === 'unchanged')
        return [t('The price would stay {price} {currency}', { price: dec(one.price, 'money'), currency: currency() })];
    const places = { price, currency: currency(), old: dec(one.price, 'money') };
    return [t('It would be {price} {currency} instead of {old}', places), ' ', run.change_pct === null ? '' : change(run.change_pct)];
}

/** @param {any} task @param {any} run @param {any} one the component */
function answered({ result }, run, one) {
    const reasons = Object.entries(result.quotes_excluded).filter(([, n]) => n > 0);
    const why = reasons.map(([name, n]) => `${reasonWord(name)}: ${int(/** @type {number} */ (n))}`).join(', ');
    return h(
        'div',
        { class: 'trial-answer', role: 'status' },
        h('p', null, h('b', null, run ? verdict(run, one) : t('This lot is not priced: it is switched off.'))),
        h('p', { class: 'muted' }, t('Quotes used: {used} of {all}.', { used: result.quotes_used, all: result.quotes_total })),
        why && h('p', { class: 'muted' }, t('Not used: {why}', { why })),
        h('p', { class: 'muted' }, t('Nothing was written.')),
    );
}

/** @param {any} shown @param {(run: any) => void} draw */
export function trialBlock(shown, draw) {
    const { one, run, signal } = shown;
    const form = paramForm(specsOf(one), { ...(run.params ?? {}), as_of: run.as_of });
    const below = h('div', null);
    const act = async () => {
        const wanted = form.read();
        if (!wanted) return;
        form.clear();
        const params = { ...wanted, lot_codes: [one.lot_code], quotes_of: [one.lot_code], dry_run: true };
        const started = await begin('api/prices/recalculate-all', params, 'recalculate', one.lot_code);
        if (signal.aborted) return;
        if (!started.ok) return void form.faults(started.problem, act);
        follow(started.data.task_id, below, signal, (task) => {
            if (task.status !== 'completed') return void fill(below, h('p', { class: 'tone-bad', role: 'status' }, ending(task).text));
            const tried = task.result.lots?.[0]?.run ?? null;
            draw(tried);
            fill(below, answered(task, tried, one));
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
