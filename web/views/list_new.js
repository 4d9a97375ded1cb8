/* A new price list from one of three sources. */
import { fill, h, put } from '../ui/dom.js';
import { button, heading } from '../ui/parts.js';
import { paramForm } from '../ui/paramform.js';
import { primary } from '../js/keys.js';
import { begin } from '../js/mine.js';
import { go, keepInPath } from '../js/router.js';
import { currency } from '../js/session.js';
import { ending, sourceName } from '../js/tasktext.js';
import { t } from '../js/words.js';
import { SOURCES } from './lists.js';
import { listMaking } from './price_params.js';
import { follow, sending } from './started.js';

export const listNew = {
    path: 'list-new',
    under: 'lists',
    title: () => t('New price list'),
    takes: (/** @type {string[]} */ parts) => parts.length === 2 && parts[0] === 'lists' && parts[1] === 'new',
    mount,
};

/** @param {string} source */
function sourceHelp(source) {
    if (source === 'estimate') return t('Calculated prices of the components.');
    if (source === 'warehouse') return t('What is in stock, at its cost.');
    return t("Competitors' quotes, made into prices.");
}

/** @param {string} source @param {(source: string) => void} choose */
function sources(source, choose) {
    const one = (/** @type {string} */ value) => {
        const radio = h('input', { type: 'radio', name: 'source', value, checked: value === source, onchange: () => choose(value) });
        return h(
            'label',
            { class: 'check choice' },
            radio,
            h('span', null, h('b', null, sourceName(value)), h('span', { class: 'field-help' }, sourceHelp(value))),
        );
    };
    return h('fieldset', { class: 'field' }, h('legend', null, t('Source')), h('div', { class: 'row' }, SOURCES.map(one)));
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main, parts, query, signal }) {
    let source = SOURCES.includes(query.source) ? query.source : 'estimate';
    let busy = false;
    const place = h('div', null);
    const told = h('div', { class: 'told' });
    let form = paramForm(listMaking(source, currency()), {});
    fill(place, form.el);
    const choose = (/** @type {string} */ value) => {
        source = value;
        keepInPath(parts, { source });
        form = paramForm(listMaking(source, currency()), {});
        fill(place, form.el);
        fill(told);
    };
    const create = async () => {
        const params = busy ? null : form.read();
        if (!params) return;
        if (params.currency) params.currency = params.currency.toUpperCase();
        busy = true;
        form.clear();
        const answer = await begin('api/pricelists', { source, ...params }, 'pricelist_create', sourceName(source), sending(told, signal));
        busy = answer.ok;
        if (signal.aborted) return;
        if (answer.ok) return follow(answer.data.task_id, told, signal, ended);
        fill(told);
        form.faults(answer.problem, create);
    };
    const ended = (/** @type {any} */ task) => {
        busy = false;
        if (task.result?.pricelist_id) return go(['lists', task.result.pricelist_id]);
        const end = ending(task);
        fill(told, h('p', { class: `tone-${end.tone}`, role: 'status' }, end.text));
    };
    primary(create, signal);
    put(
        main,
        heading(t('New price list')),
        h(
            'form',
            { class: 'form', onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), create()) },
            sources(source, choose),
            place,
            h('div', { class: 'row' }, button(t('Create'), create, { kind: 'primary', scope: 'start' })),
            told,
        ),
    );
}
