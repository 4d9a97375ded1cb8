/* A plot of values over days, drawn by DOM calls: a band, step lines, and points that can be walked by keys. Here alone decimal texts become
 * numbers: to place a mark. */
import { attr, fill, h, svg, text } from './dom.js';
import { button } from './parts.js';
import { dec } from './number.js';
import { tickText } from './date.js';
import { t } from '../js/words.js';

/**
 * @typedef {{key: string, x: string, y: string, mark: string, series: string, size?: number, other?: boolean, lines: string[]}} Point size: 0 to 1; other: with a ring
 * @typedef {{kind: string, steps: {x: string, y: string}[]}} Line
 * @typedef {{label: string, about: string, axis: string, from: string, to: string, band: {from: string, to: string, label: string} | null,
 *     bounds: string[], lines: Line[], points: Point[], open: (key: string) => void, light: (key: string | null) => void}} Drawing
 */

const DAY_MS = 86400000;
const EDGE = { left: 84, right: 16, top: 14, bottom: 34 };

/** @param {string} date */
const days = (date) => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
/** @param {number} n */
const dateOf = (n) => new Date(n * DAY_MS).toISOString().slice(0, 10);

/** Days with a label: weeks, months or years, at most so many. @param {number} from @param {number} to @param {number} most */
function dayTicks(from, to, most) {
    const mondays = Array.from({ length: Math.max(0, to - from) + 1 }, (_, i) => from + i).filter((n) => n % 7 === 4);
    if (mondays.length <= most) return mondays.map((n) => ({ at: n, month: false }));
    const first = new Date(from * DAY_MS);
    const months = [];
    for (let m = first.getUTCFullYear() * 12 + first.getUTCMonth(); ; m++) {
        const at = Date.UTC(Math.floor(m / 12), m % 12, 1) / DAY_MS;
        if (at > to) break;
        if (at >= from) months.push(at);
    }
    const every = [1, 2, 3, 6, 12, 24, 60].find((n) => months.length / n <= most) ?? 120;
    return months
        .filter((at) => (new Date(at * DAY_MS).getUTCFullYear() * 12 + new Date(at * DAY_MS).getUTCMonth()) % every === 0)
        .map((at) => ({ at, month: true }));
}

/** Four to six round values. @param {number} low @param {number} high */
function roundTicks(low, high) {
    const most = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(most));
    const step = ([5, 2.5, 2, 1].find((n) => n * power <= most) ?? 1) * power;
    const ticks = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
    const digits = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(step))));
    return ticks.map((value) => ({ value, label: dec(value.toFixed(step >= 1 && step % 1 === 0 ? 0 : digits)) }));
}

/** What must be seen, and what is seen if it is near. @param {Drawing} drawing @param {boolean} all */
function scaleOf(drawing, all) {
    const must = drawing.lines.flatMap((line) => line.steps.map((step) => Number(step.y)));
    /** @type {number[]} */
    const near = [];
    for (const point of drawing.points) (all || (point.mark !== 'unused' && point.mark !== 'outlier') ? must : near).push(Number(point.y));
    if (must.length === 0) must.push(...near);
    let low = Math.min(...must);
    let high = Math.max(...must);
    const reach = Math.max(high - low, high * 0.05);
    for (const y of near) if (y >= low - reach && y <= high + reach) [low, high] = [Math.min(low, y), Math.max(high, y)];
    const air = Math.max(high - low, high * 0.02, 0.0001) * 0.08;
    return { low: low - air, high: high + air };
}

/** @param {string} kind @param {number} x @param {number} y @param {number} r */
function shape(kind, x, y, r) {
    const name = `plot-${kind}`;
    if (kind === 'outlier') return svg('path', { class: name, d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10` });
    if (kind === 'manual') return svg('rect', { class: name, x: x - 5, y: y - 5, width: 10, height: 10 });
    if (kind === 'held') return svg('path', { class: name, d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z` });
    if (kind === 'price') return svg('circle', { class: name, cx: x, cy: y, r: 3 });
    return svg('circle', { class: name, cx: x, cy: y, r });
}

/** A small picture for the legend. @param {string} kind */
export function legendMark(kind) {
    const isLine = ['line', 'raw', 'trial', 'bounds'].includes(kind);
    return svg(
        'svg',
        { viewBox: '0 0 20 16', width: 20, height: 16, 'aria-hidden': 'true' },
        isLine ? svg('path', { class: `plot-${kind}`, d: 'M1 8H19' }) : shape(kind, 10, 8, 5),
    );
}

/** @param {Drawing} drawing @param {AbortSignal} signal */
export function plot(drawing, signal) {
    const tip = h('div', { class: 'plot-tip', hidden: true });
    const said = h('div', { class: 'spoken', 'aria-live': 'polite' });
    const outside = h('div', { class: 'plot-outside' });
    const canvas = h('div', { class: 'plot-canvas' });
    const el = h(
        'div',
        { class: 'plot', role: 'group', tabindex: '0', 'aria-label': drawing.label, 'aria-describedby': drawing.about },
        canvas,
        tip,
        said,
    );
    const points = [...drawing.points].sort((a, b) => a.x.localeCompare(b.x));
    const series = [...new Set(drawing.points.map((point) => point.series))];
    /** @type {Map<string, {g: Element, x: number, y: number}>} */
    const placed = new Map();
    let all = false;
    let width = 0;
    /** @type {string | null} */
    let lit = null;

    const light = (/** @type {string | null} */ key) => {
        if (lit) placed.get(lit)?.g.classList.remove('lit');
        lit = key;
        if (key) placed.get(key)?.g.classList.add('lit');
    };
    const hide = () => {
        tip.hidden = true;
        light(null);
        drawing.light(null);
    };
    const tell = (/** @type {Point} */ point) => {
        light(point.key);
        drawing.light(point.key);
        fill(
            tip,
            point.lines.map((line) => h('div', null, line)),
        );
        tip.hidden = false;
        const at = placed.get(point.key);
        if (!at) return;
        tip.style.left = `${Math.max(0, Math.min(at.x + 12, width - tip.offsetWidth))}px`;
        const above = at.y - tip.offsetHeight - 12;
        tip.style.top = `${above < 0 ? at.y + 14 : above}px`;
    };

    const draw = () => {
        const narrow = width < 640;
        const height = narrow ? 220 : 320;
        const edge = narrow ? { ...EDGE, left: 64 } : EDGE;
        const [from, to] = [days(drawing.from), Math.max(days(drawing.to), days(drawing.from) + 1)];
        const { low, high } = scaleOf(drawing, all);
        const px = (/** @type {number} */ n) => edge.left + ((n - from) / (to - from)) * (width - edge.left - edge.right);
        const py = (/** @type {number} */ y) => edge.top + (1 - (y - low) / (high - low)) * (height - edge.top - edge.bottom);
        const foot = height - edge.bottom;
        const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' });
        if (drawing.band) root.append(bandOf(drawing.band, px, from, to, edge.top, foot));
        for (const y of drawing.bounds.map(Number))
            if (y > low && y < high) root.append(svg('path', { class: 'plot-bounds', d: `M${edge.left} ${py(y)}H${width - edge.right}` }));
        for (const { value, label } of roundTicks(low, high))
            root.append(
                svg('path', { class: 'plot-grid', d: `M${edge.left} ${py(value)}H${width - edge.right}` }),
                svg('text', { x: edge.left - 8, y: py(value) + 4, 'text-anchor': 'end' }, label),
            );
        root.append(svg('path', { class: 'plot-axis', d: `M${edge.left} ${foot}H${width - edge.right}` }));
        for (const { at, month } of dayTicks(from, to, narrow ? 4 : 10))
            root.append(
                svg('path', { class: 'plot-axis', d: `M${px(at)} ${foot}v5` }),
                svg(
                    'text',
                    { x: px(at), y: foot + 20, 'text-anchor': px(at) > width - 50 ? 'end' : px(at) < edge.left + 20 ? 'start' : 'middle' },
                    tickText(dateOf(at), month),
                ),
            );
        for (const line of drawing.lines) root.append(svg('path', { class: `plot-${line.kind}`, d: stepsOf(line, px, py, to) }));
        placed.clear();
        let clipped = 0;
        for (const point of points) {
            const y = Number(point.y);
            const out = y > high || y < low;
            if (out) clipped++;
            const [cx, cy] = [px(Math.min(days(point.x), to)), out ? (y > high ? edge.top : foot - 8) : py(y)];
            const seen = out
                ? svg('path', {
                      class: 'plot-clipped',
                      d: `M${cx} ${cy}v8m-4 ${y > high ? -4 : 0}l4 ${y > high ? -4 : 4}l4 ${y > high ? 4 : -4}`,
                  })
                : shape(point.mark, cx, cy, 4 + 5 * Math.sqrt(point.size ?? 0));
            const stem = point.mark === 'held' ? svg('path', { class: 'plot-stem', d: `M${cx} ${cy + 7}V${foot}` }) : null;
            const ring = point.other ? svg('circle', { class: 'plot-other', cx, cy, r: 11 }) : null;
            const g = svg('g', { class: 'plot-point' }, stem, seen, ring, svg('circle', { class: 'plot-hit', cx, cy, r: 12 }));
            g.addEventListener('pointerenter', () => tell(point));
            g.addEventListener('click', () => (tell(point), drawing.open(point.key)));
            placed.set(point.key, { g, x: cx, y: cy });
            root.append(g);
        }
        fill(canvas, root);
        const showAll = () => ((all = !all), draw());
        fill(
            outside,
            clipped > 0 && [t('outside the scale: {n}', { n: clipped }), ' '],
            (clipped > 0 || all) && button(all ? t('Near values only') : t('Show all'), showAll, { kind: 'plain' }),
        );
        if (lit) light(lit);
    };

    el.addEventListener('pointerleave', hide);
    el.addEventListener('blur', hide);
    el.addEventListener('keydown', (event) => walk(event));
    const walk = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape' && lit) return (event.stopPropagation(), hide());
        if (event.key === 'Enter' && lit) return drawing.open(lit);
        const now = points.find((point) => point.key === lit);
        const next = now
            ? neighbour(now, event.key)
            : { ArrowLeft: points.at(-1), ArrowRight: points[0], Home: points[0], End: points.at(-1) }[event.key];
        if (!next) return;
        event.preventDefault();
        tell(next);
        text(said, next.lines.join('. '));
    };
    const neighbour = (/** @type {Point} */ now, /** @type {string} */ key) => {
        const row = points.filter((point) => point.series === now.series);
        const at = row.indexOf(now);
        const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: row.length - 1 }[key];
        if (step !== undefined) return row[step];
        const up = { ArrowUp: -1, ArrowDown: 1 }[key];
        if (up === undefined) return undefined;
        const other = series[(series.indexOf(now.series) + up + series.length) % series.length];
        const far = (/** @type {Point} */ point) => Math.abs(days(point.x) - days(now.x));
        return points.filter((point) => point.series === other).sort((a, b) => far(a) - far(b))[0];
    };
    const watch = new ResizeObserver(([entry]) => {
        const now = Math.floor(entry.contentRect.width);
        if (now === width || now < 100) return;
        width = now;
        draw();
    });
    watch.observe(canvas);
    signal.addEventListener('abort', () => watch.disconnect());
    attr(canvas, 'data-axis', drawing.axis);
    return { el, outside, light };
}

/** @param {{from: string, to: string, label: string}} band @param {(n: number) => number} px @param {number} from @param {number} to @param {number} top @param {number} foot */
function bandOf(band, px, from, to, top, foot) {
    const x = px(Math.max(days(band.from), from));
    const wide = Math.max(0, px(Math.min(days(band.to), to)) - x);
    return svg(
        'g',
        {},
        svg('rect', { class: 'plot-band', x, y: top, width: wide, height: foot - top }),
        wide > 80 ? svg('text', { x: x + 6, y: top + 14, class: 'plot-note' }, band.label) : null,
    );
}

/** A price holds until the next one. @param {Line} line @param {(n: number) => number} px @param {(y: number) => number} py @param {number} to */
function stepsOf(line, px, py, to) {
    const parts = line.steps.map((step, i) => `${i ? 'H' : 'M'}${px(Math.min(days(step.x), to))}${i ? 'V' : ' '}${py(Number(step.y))}`);
    return `${parts.join('')}H${px(to)}`;
}

/** A day so many days before another. @param {string} date @param {number} n */
export function daysBefore(date, n) {
    return dateOf(days(date) - n);
}
