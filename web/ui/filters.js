/* Filters above a table. They act at once, stand in the path, and fold into one button on a phone. */
import { attr, h, put, text } from './dom.js';
import { field, select } from './parts.js';
import { get } from '../js/api.js';
import { hashOf, keepInPath } from '../js/router.js';
import { t } from '../js/words.js';

const PAUSE_MS = 250;

/**
 * @param {{parts: string[], query: Record<string, string>, changed: (query: Record<string, string>) => void, signal: AbortSignal}} options
 * `changed` gets the filters in force
 */
export function filters(options) {
    const now = { ...options.query };
    const row = h('div', { class: 'row filters-row' });
    const count = h('span', { class: 'badge', hidden: true });
    const fold = h('button', { type: 'button', class: 'button filters-fold', 'aria-expanded': 'false' }, t('Filter'), count);
    const el = h('div', { class: 'filters', role: 'search', 'aria-label': t('Filter') }, fold, row);
    /** @type {(() => void)[]} */
    const renew = [];
    fold.addEventListener('click', () => attr(fold, 'aria-expanded', String(row.classList.toggle('open'))));
    const tell = () => {
        const n = Object.values(now).filter(Boolean).length;
        text(count, String(n));
        count.hidden = n === 0;
        for (const act of renew) act();
    };
    /** @param {string} name @param {string} value */
    const set = (name, value) => {
        if ((now[name] ?? '') === value) return;
        now[name] = value;
        if (options.signal.aborted) return;
        keepInPath(options.parts, now);
        tell();
        options.changed(now);
    };
    const made = {
        el,
        set,
        /** @param {Node} node */
        add: (node) => (put(row, node), made),
        /** @param {string} label @param {string} name */
        text(label, name) {
            const input = h('input', {
                type: 'search',
                name,
                value: now[name] ?? '',
                autocomplete: 'off',
                spellcheck: 'false',
                maxlength: 100,
            });
            /** @type {ReturnType<typeof setTimeout> | undefined} */
            let timer;
            const act = () => set(name, input.value.trim());
            input.addEventListener('input', () => {
                clearTimeout(timer);
                timer = setTimeout(act, PAUSE_MS);
            });
            input.addEventListener('keydown', (event) => event.key === 'Enter' && act());
            return made.add(field(label, input).el);
        },
        /** @param {string} label @param {string} name @param {[string, string][]} choices value and label; more may come later */
        choice(label, name, choices, later = Promise.resolve(/** @type {[string, string][]} */ ([]))) {
            const control = select(choices, now[name] ?? '');
            control.addEventListener('change', () => set(name, control.value));
            later.then((more) => {
                const known = new Set([...control.options].map((one) => one.value));
                for (const [value, label] of more)
                    if (!known.has(value)) put(control, h('option', { value }, label));
                    else for (const one of control.options) if (one.value === value) text(one, label);
            });
            return made.add(field(label, control).el);
        },
        /** @param {string} label @param {string} name */
        date(label, name) {
            const input = h('input', { type: 'date', name, value: now[name] ?? '' });
            input.addEventListener('change', () => set(name, input.value));
            return made.add(field(label, input).el);
        },
        /** @param {string} label @param {string} name @param {[string, string][]} choices */
        tabs(label, name, choices) {
            const links = choices.map(([value, word]) => {
                const a = h('a', { href: '#/' }, word);
                a.addEventListener('click', (event) => {
                    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                    event.preventDefault();
                    set(name, value);
                });
                renew.push(() => {
                    attr(a, 'href', hashOf(options.parts, { ...now, [name]: value }));
                    attr(a, 'aria-current', (now[name] ?? '') === value ? 'true' : null);
                });
                return a;
            });
            return made.add(h('nav', { class: 'tabs', 'aria-label': label }, links));
        },
        /** @param {string} label @param {string} name */
        tick(label, name) {
            const box = h('input', { type: 'checkbox', name, checked: now[name] === 'true' });
            box.addEventListener('change', () => set(name, box.checked ? 'true' : ''));
            return made.add(h('label', { class: 'check' }, box, h('span', null, label)));
        },
        ready() {
            tell();
            return made;
        },
    };
    return made;
}

/**
 * A list of the server for a choice, at most a thousand. @param {string} path @param {string} member
 * @param {(row: any) => [string, string]} pair value and label @param {AbortSignal} signal
 */
export async function choicesOf(path, member, pair, signal) {
    /** @type {[string, string][]} */
    const found = [];
    for (let cursor = ''; found.length < 1000; ) {
        const answer = await get(path, { limit: 200, cursor }, { signal });
        if (!answer.ok) break;
        found.push(...answer.data[member].map(pair));
        cursor = answer.data.next_cursor;
        if (!cursor) break;
    }
    return found;
}
