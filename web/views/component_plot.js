/* What the plot of a component shows: prices of runs, quotes of the run that is looked at, prices set by hand, proposals. */
import { h } from '../ui/dom.js';
import { check } from '../ui/parts.js';
import { dec, scaled } from '../ui/number.js';
import { day, dayOf } from '../ui/date.js';
import { daysBefore, legendMark, plot } from '../ui/plot.js';
import { currency, today } from '../js/session.js';
import { t } from '../js/words.js';
import { priceUnit } from './component_edit.js';
import { besideTrial, judgedOtherwise, quoted, rateText, reasonWord, share, shareText } from './component_quotes.js';

let withCoefficient = true;

/** Exactly, as text: `a` has at most six digits behind the point, `b` eight. @param {string} a @param {string} b */
export function times(a, b) {
    const all = scaled(a, 6) * scaled(b, 8);
    const digits = String(all < 0n ? -all : all).padStart(15, '0');
    return `${all < 0n ? '-' : ''}${digits.slice(0, -14)}.${digits.slice(-14, -8)}`;
}

/** @param {any} quote @param {any} run */
function quoteLines(quote, run) {
    const sum = quote.rate === null ? quoted(quote) : `${quoted(quote)} × ${rateText(quote)} = ${dec(quote.base_price, 'money')}`;
    return [
        `${quote.party?.name || quote.party?.code || ''}, ${quote.part_number ?? ''}, ${day(quote.quoted_on)}`,
        quote.vat_included ? `${sum}, ${t('with VAT {rate} %', { rate: dec(quote.vat_rate, 'quantity') })}` : sum,
        quote.used
            ? shareText(quote, run.quotes)
                ? t('used, weight {share}', { share: shareText(quote, run.quotes) })
                : t('used')
            : reasonWord(quote.reason),
    ];
}

/** @param {any} quote */
const inTrial = (quote) => t('in the trial: {what}', { what: quote.used ? t('used') : reasonWord(quote.reason) });

/** Beyond these a quote is an outlier. @param {any} run @param {boolean} scaledBy */
function boundsOf(run, scaledBy) {
    const place = (/** @type {string | null} */ y) => (y && scaledBy ? times(y, run.coefficient) : y);
    const found = [place(run.outlier_low), place(run.outlier_high)].filter((y) => y !== null && y !== undefined);
    return /** @type {string[]} */ (found);
}

/** @param {any} run @param {boolean} scaledBy */
function quotePoints(run, scaledBy) {
    const placed = (run.quotes ?? []).filter((/** @type {any} */ quote) => quote.base_price !== null && quote.quoted_on !== null);
    return placed.map((/** @type {any} */ quote) => ({
        key: `q${quote.id}`,
        x: quote.quoted_on,
        y: scaledBy ? times(quote.base_price, run.coefficient) : quote.base_price,
        mark: quote.used ? 'used' : quote.reason === 'outlier' ? 'outlier' : 'unused',
        series: quote.used ? 'used' : 'unused',
        size: share(quote, run.quotes),
        other: judgedOtherwise(quote),
        lines: [...quoteLines(quote, run), ...(judgedOtherwise(quote) ? [inTrial(quote.tried)] : [])],
    }));
}

/** Runs in order of their days, the price that held after each. @param {any[]} runs */
function priceSteps(runs) {
    const made = runs.filter(
        (run) => run.new_price !== null && (['updated', 'unchanged'].includes(run.outcome) || run.reviewed === 'approved'),
    );
    return made.reverse();
}

/** @param {any[]} runs @param {any[]} edits */
function eventPoints(runs, edits) {
    const held = runs.filter((run) => run.outcome === 'held' && run.reviewed !== 'approved' && run.new_price !== null);
    const byHand = edits.flatMap((edit) =>
        edit.changes
            .filter((/** @type {any} */ change) => change.field === 'manual_price' && change.new !== null)
            .map((/** @type {any} */ change) => ({ edit, price: String(change.new) })),
    );
    return [
        ...held.map((run) => ({
            key: `h${run.id}`,
            x: run.as_of,
            y: run.new_price,
            mark: 'held',
            series: 'held',
            lines: [day(run.as_of), dec(run.new_price, 'money'), run.reviewed === 'dismissed' ? t('dismissed') : t('on hold')],
        })),
        ...byHand.map(({ edit, price }) => ({
            key: `m${edit.id}`,
            x: dayOf(edit.edited_at),
            y: price,
            mark: 'manual',
            series: 'manual',
            lines: [`${day(dayOf(edit.edited_at))}, ${edit.edited_by}`, `${t('Manual price')}: ${dec(price, 'money')}`, edit.reason ?? ''],
        })),
    ];
}

/** To today; if nothing has happened for longer than the window, to a little after the last event. @param {string} last @param {number} window */
function endOf(last, window) {
    return daysBefore(today(), window) > last ? daysBefore(last, -Math.ceil(window / 8)) : today() > last ? today() : last;
}

/** @param {string[]} marks @param {any} run */
function legend(marks, run) {
    const words = {
        line: t('price'),
        raw: t('before coefficient and rounding'),
        trial: t('trial'),
        bounds: t('bounds of outliers: {low} – {high}', { low: dec(run.outlier_low, 'money'), high: dec(run.outlier_high, 'money') }),
        other: t('otherwise in the trial'),
        used: t('used, larger = weighs more'),
        unused: t('not used'),
        outlier: t('outlier'),
        manual: t('manual price'),
        held: t('on hold or dismissed'),
    };
    const unplaced = (run.quotes ?? []).filter((/** @type {any} */ quote) => quote.base_price === null).length;
    return h(
        'ul',
        { class: 'plot-legend' },
        marks.map((mark) => h('li', null, legendMark(mark), /** @type {Record<string, string>} */ (words)[mark])),
        unplaced > 0 && h('li', { class: 'muted' }, t('without a base price, in the table only: {n}', { n: unplaced })),
    );
}

/** @param {any} shown with `trial`: a run that was only tried, or null */
export function pricePlot(shown) {
    const { one, runs, edits, trial } = shown;
    const run = { ...shown.run, quotes: besideTrial(shown.run, trial) };
    const window = run.params?.window_days ?? 90;
    const factor = !/^1(\.0+)?$/.test(run.coefficient);
    const holder = h('div', { class: 'plot-block' });
    /** @type {ReturnType<typeof plot> | undefined} */
    let drawn;
    const draw = () => {
        const steps = priceSteps([...runs]);
        const pricePoints = steps.map((/** @type {any} */ step) => ({
            key: `r${step.id}`,
            x: step.as_of,
            y: step.new_price,
            mark: 'price',
            series: 'price',
            lines: [day(step.as_of), `${t('Price')}: ${dec(step.new_price, 'money')} ${currency()}`],
        }));
        const points = [...pricePoints, ...quotePoints(run, factor && withCoefficient), ...eventPoints(runs, edits)];
        const bounds = boundsOf(run, factor && withCoefficient);
        const raw = steps.filter((/** @type {any} */ step) => step.raw_price !== null);
        const lines = [];
        if (raw.length && factor)
            lines.push({ kind: 'raw', steps: raw.map((/** @type {any} */ step) => ({ x: step.as_of, y: step.raw_price })) });
        if (steps.length) lines.push({ kind: 'line', steps: pricePoints });
        if (trial?.new_price) lines.push({ kind: 'trial', steps: [{ x: daysBefore(run.as_of, window), y: trial.new_price }] });
        const all = points.map((point) => point.x).sort();
        const from = [daysBefore(run.as_of, window), ...all].sort()[0];
        drawn = plot(
            {
                label: t('Price over time'),
                about: 'why',
                axis: priceUnit(one.unit),
                from,
                to: endOf([run.as_of, ...all].sort().at(-1) ?? run.as_of, window),
                band: { from: daysBefore(run.as_of, window), to: run.as_of, label: t('window of {n} days', { n: window }) },
                bounds,
                lines,
                points,
                open: shown.open,
                light: shown.light,
            },
            shown.signal,
        );
        const kinds = [
            ...lines.map((line) => line.kind),
            ...(bounds.length ? ['bounds'] : []),
            ...['used', 'unused', 'outlier', 'manual', 'held'].filter((kind) => points.some((point) => point.mark === kind)),
            ...(points.some((point) => point.other) ? ['other'] : []),
        ];
        const toggle = check(
            t('Quotes × coefficient {k}', { k: dec(run.coefficient, 'quantity') }),
            withCoefficient,
            (on) => ((withCoefficient = on), draw()),
        );
        holder.replaceChildren(drawn.el, drawn.outside, legend(kinds, run), ...(factor ? [toggle] : []));
    };
    draw();
    return { el: holder, light: (/** @type {string | null} */ key) => drawn?.light(key) };
}
