/* Marks of states, beside a word. They are drawn here: no file, no font. */
import { svg } from './dom.js';

/** @type {Record<string, string>} */
const PATHS = {
    done: 'M3 8.5 6.5 12 13 4.5',
    part: 'M3 8.5 6.5 12M9 12l4-7.5M3 4h5',
    failed: 'M4 4l8 8M12 4l-8 8',
    question: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9 8 10M8 12.7v.3',
    running: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5M8 5v3l2 1.5',
    waiting: 'M4 2.5h8M4 13.5h8M5 2.5c0 4 6 7 6 11M11 2.5c0 4-6 7-6 11',
    hold: 'M5.5 3.5v9M10.5 3.5v9',
    up: 'M8 3.5 13 12H3z',
    down: 'M8 12.5 3 4h10z',
    lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
    close: 'M4 4l8 8M12 4l-8 8',
    bell: 'M3 11.5h10c-1.5-1.5-1-6-5-8-4 2-3.500 6.500-5 8zM7 13.5h2',
    find: 'M7 11.500a4.500 4.500 0 1 1 0-9 4.500 4.500 0 0 1 0 9zM10.500 10.500 14 14',
};

/** @param {string} name */
export function icon(name) {
    const solid = name === 'up' || name === 'down';
    return svg(
        'svg',
        { viewBox: '0 0 16 16', width: 16, height: 16, class: `icon icon-${name}`, 'aria-hidden': 'true', focusable: 'false' },
        svg('path', {
            d: PATHS[name] ?? '',
            fill: solid ? 'currentColor' : 'none',
            stroke: 'currentColor',
            'stroke-width': solid ? 0 : 1.6,
            'stroke-linecap': 'round',
            'stroke-linejoin': 'round',
        }),
    );
}
