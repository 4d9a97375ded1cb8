/* The quotes that a run looked at: used, or why not, and how much each weighs. */
import { data, h } from '../ui/dom.js';
import { mark } from '../ui/parts.js';
import { table } from '../ui/table.js';
import { dec, int } from '../ui/number.js';
import { day } from '../ui/date.js';
import { currency } from '../js/session.js';
import { t } from '../js/words.js';

/** @param {string} reason */
export function reasonWord(reason) {
    const words = {
        party_off: t('supplier switched off'),
        rejected: t('rejected'),
        future: t('dated later'),
        stale: t('older than the window'),
        expired: t('no longer valid'),
        moq: t('minimum quantity too high'),
        no_rate: t('no rate'),
        out_of_range: t('out of bounds'),
        tier: t('another tier counts'),
        superseded: t('a newer one exists'),
        outlier: t('outlier'),
        too_few: t('too few quotes'),
    };
    return /** @type {Record<string, string>} */ (words)[reason] ?? reason ?? '';
}

/** @param {any} quote @param {any[]} quotes @returns {number} its part of the weight of all that were used, 0 to 1 */
export function share(quote, quotes) {
    if (!quote.used) return 0;
    const used = quotes.filter((one) => one.used);
    const sum = used.reduce((all, one) => all + (one.weight ?? 0), 0);
    return sum > 0 ? (quote.weight ?? 0) / sum : 1 / used.length;
}

/** @param {any} quote @param {any[]} quotes */
export function shareText(quote, quotes) {
    return quote.used && quote.weight !== null ? `${dec((share(quote, quotes) * 100).toFixed(1), 'quantity')} %` : '';
}

/** @param {any} quote */
export function quoted(quote) {
    const per = quote.price_per > 1 ? ` ${t('for {n}', { n: int(quote.price_per) })}` : '';
    return `${dec(quote.price, 'money')} ${quote.currency ?? ''}${per}`;
}

/** @param {any} quote */
export function rateText(quote) {
    if (quote.rate === null) return '';
    return quote.rate_nominal > 1 ? `${dec(quote.rate)} / ${int(quote.rate_nominal)}` : dec(quote.rate);
}

/** The quotes of a run, each with what a trial makes of it. One that only one of the two lists is too old for the other. @param {any} run @param {any} trial */
export function besideTrial(run, trial) {
    const quotes = run.quotes ?? [];
    if (!trial?.quotes) return quotes;
    const old = (/** @type {any} */ quote) => ({ ...quote, used: false, reason: 'stale', weight: null });
    const tried = new Map(trial.quotes.map((/** @type {any} */ quote) => [quote.id, quote]));
    const known = new Set(quotes.map((/** @type {any} */ quote) => quote.id));
    const older = trial.quotes.filter((/** @type {any} */ quote) => !known.has(quote.id));
    const both = quotes.map((/** @type {any} */ quote) => ({ ...quote, tried: tried.get(quote.id) ?? old(quote) }));
    const all = [...older.map((/** @type {any} */ quote) => ({ ...old(quote), tried: quote })), ...both];
    return all.sort((a, b) => (a.quoted_on ?? '').localeCompare(b.quoted_on ?? '') || a.id - b.id);
}

/** @param {any} quote */
const verdict = (quote) => (quote.used ? mark('ok', 'done', t('used')) : mark('muted', 'close', reasonWord(quote.reason)));

/** Does a trial judge it otherwise? @param {any} quote */
export const judgedOtherwise = (quote) =>
    quote.tried !== undefined && (quote.tried.used !== quote.used || quote.tried.reason !== quote.reason);

/** @param {any} quote @param {any} trial */
function triedCell(quote, trial) {
    const share = shareText(quote.tried, trial.quotes);
    return h('span', { class: judgedOtherwise(quote) ? 'tried-other' : 'muted' }, verdict(quote.tried), share && ` ${share}`);
}

/** @param {any} run @param {any} [trial] a run that was only tried */
export function quoteTable(run, trial) {
    const quotes = besideTrial(run, trial);
    const made = table({
        caption: t('Quotes'),
        key: (quote) => String(quote.id),
        columns: [
            {
                head: t('Date'),
                cell: (quote) => h('span', { class: 'quote-at', tabindex: '-1', 'data-key': `q${quote.id}` }, day(quote.quoted_on)),
            },
            {
                head: t('Party'),
                kind: 'bare',
                cell: (quote) => [
                    data(quote.party?.name || quote.party?.code),
                    quote.party?.kind === 'competitor' && h('div', { class: 'muted' }, t('competitor')),
                ],
            },
            { head: t('Part number'), cell: (quote) => (quote.part_number ? data(quote.part_number) : '') },
            {
                head: t('Quoted'),
                kind: 'num',
                cell: (quote) => [
                    quoted(quote),
                    quote.vat_included && h('div', { class: 'muted' }, t('with VAT {rate} %', { rate: dec(quote.vat_rate, 'quantity') })),
                ],
            },
            {
                head: t('Rate'),
                kind: 'num',
                cell: (quote) => [rateText(quote), quote.rate_date && h('div', { class: 'muted' }, day(quote.rate_date))],
            },
            {
                head: t('Base price, {currency}', { currency: currency() }),
                kind: 'num main',
                cell: (quote) => dec(quote.base_price, 'money'),
            },
            {
                head: t('Used or why not'),
                kind: 'bare',
                cell: verdict,
            },
            { head: t('Weight'), kind: 'num', cell: (quote) => shareText(quote, quotes) },
            ...(trial?.quotes ? [{ head: t('In the trial'), cell: (/** @type {any} */ quote) => triedCell(quote, trial) }] : []),
        ],
    });
    made.set(quotes);
    const at = (/** @type {string | null} */ key) => (key ? made.body.querySelector(`[data-key="${key}"]`) : null);
    return {
        ...made,
        /** @param {string | null} key */
        light(key) {
            for (const row of made.body.querySelectorAll('.chosen')) row.classList.remove('chosen');
            at(key)?.closest('tr')?.classList.add('chosen');
        },
        /** The reverse: a row lights its point. @param {(key: string | null) => void} act */
        lights(act) {
            const keyOf = (/** @type {EventTarget | null} */ target) =>
                target instanceof Element ? (target.closest('tr')?.querySelector('[data-key]')?.getAttribute('data-key') ?? null) : null;
            made.body.addEventListener('pointerover', (event) => act(keyOf(event.target)));
            made.body.addEventListener('pointerleave', () => act(null));
            made.body.addEventListener('focusin', (event) => act(keyOf(event.target)));
            made.body.addEventListener('focusout', () => act(null));
        },
    };
}
