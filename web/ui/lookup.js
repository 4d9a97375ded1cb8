/* A lot is looked up by its code, words of its name, or a part number: an editable combobox with a listbox. */
import { attr, data, fill, h, say, show } from './dom.js';
import { uniqueId } from './parts.js';
import { dec } from './number.js';
import { get } from '../js/api.js';
import { t } from '../js/words.js';

const LEAST = 2;
const MOST = 20;
const PAUSE_MS = 150;

/**
 * @param {{label: string, name?: string, signal: AbortSignal, choose: (component: any) => void, enter?: (text: string, first: any) => void}} options
 * `enter`: Enter while no line is active; `first` is the only component that was found, if there is one
 */
export function lookup(options) {
    const id = uniqueId('lots');
    const input = h('input', {
        type: 'search',
        role: 'combobox',
        id: `${id}-text`,
        name: options.name ?? 'lot',
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: options.label,
        'aria-label': options.label,
        'aria-autocomplete': 'list',
        'aria-expanded': 'false',
        'aria-controls': id,
    });
    const box = h('ul', { role: 'listbox', id, class: 'lookup-list', 'aria-label': options.label, hidden: true });
    /** @type {any[]} */
    let found = [];
    let active = -1;
    let asked = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;

    const mark = (/** @type {number} */ to) => {
        active = to;
        [...box.children].forEach((li, i) => attr(li, 'aria-selected', String(i === to)));
        attr(input, 'aria-activedescendant', to < 0 ? null : `${id}-${to}`);
        box.children[to]?.scrollIntoView({ block: 'nearest' });
    };
    const open = (/** @type {boolean} */ shown) => {
        show(box, shown);
        attr(input, 'aria-expanded', String(shown));
        if (!shown) mark(-1);
    };
    const close = () => {
        clearTimeout(timer);
        asked.abort();
        open(false);
    };
    const leave = () => {
        close();
        input.value = '';
        input.blur();
    };
    const take = (/** @type {any} */ component) => {
        leave();
        options.choose(component);
    };
    const line = (/** @type {any} */ component, /** @type {number} */ i) =>
        h(
            'li',
            {
                role: 'option',
                id: `${id}-${i}`,
                'aria-selected': 'false',
                onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
                onclick: () => take(component),
            },
            h('b', null, data(component.lot_code)),
            h('span', { class: 'lookup-name' }, data(component.name)),
            h('span', { class: 'num' }, dec(component.price, 'money')),
        );
    const ask = async () => {
        asked.abort();
        asked = new AbortController();
        const mine = asked;
        const answer = await get('api/components', { q: input.value.trim(), limit: MOST }, { signal: mine.signal });
        if (mine.signal.aborted || !answer.ok) return null;
        found = answer.data.components;
        return mine;
    };
    const suggest = async () => {
        if (!(await ask()) || document.activeElement !== input) return;
        fill(
            box,
            found.length
                ? found.map(line)
                : h('li', { role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, t('Nothing matches.')),
        );
        open(true);
        say(t('found: {n}', { n: found.length }));
    };
    const enter = async () => {
        if (active >= 0 && found[active]) return take(found[active]);
        const typed = input.value.trim();
        if (!typed || !options.enter) return;
        close();
        const same = (/** @type {any} */ one) => one.lot_code.toLowerCase() === typed.toLowerCase();
        const sure = await ask();
        const only = sure ? (found.find(same) ?? (found.length === 1 ? found[0] : null)) : null;
        if (input.value.trim() === typed) leave();
        options.enter(typed, only);
    };
    input.addEventListener('input', () => {
        close();
        if (input.value.trim().length >= LEAST) timer = setTimeout(suggest, PAUSE_MS);
    });
    input.addEventListener('blur', close);
    input.addEventListener('keydown', (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (event.key === 'Enter' && !event.ctrlKey) {
            event.preventDefault();
            enter();
        } else if (event.key === 'Escape' && !box.hidden) {
            event.preventDefault();
            event.stopPropagation();
            close();
        } else if (step && !box.hidden && found.length) {
            event.preventDefault();
            mark(active < 0 && step < 0 ? found.length - 1 : (active + step + found.length) % found.length);
        }
    });
    options.signal.addEventListener('abort', close);
    return { el: h('div', { class: 'lookup' }, input, box), input };
}
