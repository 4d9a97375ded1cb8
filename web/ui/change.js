/* A change of a price in words and as a bar. Direction has a sign, a mark and a colour, in this order. */
import { h } from './dom.js';
import { icon } from './icons.js';
import { dec, direction, scaled } from './number.js';

/** @param {string} pct */
export function change(pct) {
    const way = direction(pct);
    return h(
        'span',
        { class: `change tone-${way === 'same' ? 'muted' : way}` },
        way !== 'same' && icon(way),
        `${dec(pct, 'percent')}\u00a0%`,
    );
}

/** The size of a change, in hundredths of a percent. @param {string | null} pct */
export function distance(pct) {
    const at = scaled(pct ?? '0', 2);
    return at < 0n ? -at : at;
}

/** A bar from the middle to the left or right. @param {string} pct @param {bigint} most hundredths of a percent of the longest one */
export function changeBar(pct, most) {
    const width = most > 0n ? parseInt(String((distance(pct) * 50n) / most), 10) : 0;
    const fill = h('span', { class: `change-fill tone-${direction(pct)}` });
    fill.style.width = `${Math.max(width, 1)}%`;
    fill.style.marginLeft = direction(pct) === 'up' ? '50%' : `${50 - Math.max(width, 1)}%`;
    return h('span', { class: 'change-bar', 'aria-hidden': 'true' }, fill);
}
