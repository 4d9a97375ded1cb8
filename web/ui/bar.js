/* A bar with its words beside it. */
import { attr, h, text } from './dom.js';

/** @param {string} label what moves */
export function bar(label) {
    const meter = h('progress', { max: 100, 'aria-label': label });
    const part = h('span', { class: 'bar-part' });
    const words = h('span', { class: 'bar-words' });
    const el = h('div', { class: 'bar' }, meter, part, words);
    return {
        el,
        /** @param {number | null} percent null: the whole is not known @param {string} said */
        set(percent, said) {
            if (percent === null) attr(meter, 'value', null);
            else if (meter.value !== percent) meter.value = percent;
            text(part, percent === null ? '' : `${Math.floor(percent)}\u00a0%`);
            text(words, said);
        },
    };
}
