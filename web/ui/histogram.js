/* A histogram whose bars are buttons: the one that is pressed is a filter. One stop of Tab, arrows walk along the bars. */
import { attr, h, svg } from './dom.js';
import { dec, int } from './number.js';
import { t } from '../js/words.js';

/** @typedef {{from: string | null, to: string | null, n: number}} Bar percent; null: without an end */

/** @param {Bar} bar */
export function barWords(bar) {
    if (bar.from === null) return t('below {to} %', { to: dec(bar.to, 'percent') });
    if (bar.to === null) return t('{from} % and more', { from: dec(bar.from, 'percent') });
    return t('from {from} to {to} %', { from: dec(bar.from, 'percent'), to: dec(bar.to, 'percent') });
}

/** Which side of nothing a bar is on. @param {Bar} bar */
function side(bar) {
    if (bar.to !== null && (bar.to.startsWith('-') || /^0*\.?0*$/.test(bar.to))) return 'down';
    return bar.from !== null && !bar.from.startsWith('-') ? 'up' : 'same';
}

/** @param {string} title @param {Bar[]} bars @param {number} chosen -1: none @param {(at: number) => void} choose */
export function histogram(title, bars, chosen, choose) {
    const most = Math.max(1, ...bars.map((bar) => bar.n));
    const buttons = bars.map((bar, at) => {
        const high = bar.n === 0 ? 0 : Math.max(1.5, (bar.n * 100) / most);
        const fill = svg('rect', { x: 8, y: 100 - high, width: 84, height: high });
        const words = `${barWords(bar)}: ${int(bar.n)}`;
        return h(
            'button',
            { type: 'button', class: `hist-bar tone-${side(bar)}`, title: words, onclick: () => choose(at) },
            h('span', { class: 'spoken' }, words),
            h('span', { class: 'hist-n', 'aria-hidden': 'true' }, bar.n ? int(bar.n) : ''),
            svg('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, fill),
            h('span', { class: 'hist-tick', 'aria-hidden': 'true' }, tick(bar)),
        );
    });
    const set = (/** @type {number} */ now) =>
        buttons.forEach((button, at) => {
            attr(button, 'aria-pressed', String(at === now));
            attr(button, 'tabindex', at === (now < 0 ? Math.floor(bars.length / 2) : now) ? '0' : '-1');
        });
    const walk = (/** @type {KeyboardEvent} */ event) => {
        const at = buttons.findIndex((button) => button === document.activeElement);
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined || !buttons[to]) return;
        event.preventDefault();
        buttons.forEach((button, i) => attr(button, 'tabindex', i === to ? '0' : '-1'));
        buttons[to].focus();
    };
    set(chosen);
    const el = h('div', { class: 'histogram', role: 'group', 'aria-label': title, onkeydown: walk }, buttons);
    // Where there is no room for all, the tallest one is in sight.
    const tallest = bars.findIndex((bar) => bar.n === most);
    requestAnimationFrame(() => el.scrollTo(((tallest + 0.5) * el.scrollWidth) / bars.length - el.clientWidth / 2, 0));
    return { el, set };
}

/** @param {Bar} bar */
function tick(bar) {
    const from = bar.from === null ? null : bar.from.replace(/\.?0+$/, '');
    const to = bar.to === null ? null : bar.to.replace(/\.?0+$/, '');
    if (from === null) return `<${dec(to)}`;
    if (to === null) return `≥${dec(from)}`;
    return dec(middle(bar));
}

/** The middle of a bar, as a text. @param {Bar} bar */
function middle(bar) {
    const hundredths = (/** @type {string | null} */ value) => parseInt(String(value).replace('.', ''), 10);
    const at = Math.round((hundredths(bar.from) + hundredths(bar.to)) / 2 / 10);
    const digits = String(Math.abs(at)).padStart(2, '0');
    return `${at < 0 ? '-' : ''}${digits.slice(0, -1)}${digits.endsWith('0') ? '' : `.${digits.slice(-1)}`}`;
}
