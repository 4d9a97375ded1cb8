/* What recalculation and price lists can be told: each with its words, its default and why one would change it. */
import { today } from '../js/session.js';
import { t } from '../js/words.js';

/** @typedef {import('../ui/paramform.js').Spec} Spec */

/** @returns {[string, string][]} */
export const methods = () => [
    ['weighted_avg', t('weighted average')],
    ['average', t('average')],
    ['median', t('median')],
    ['min', t('lowest')],
    ['latest', t('latest quote')],
];

/** How quotes become a price. @param {string} method @param {string} window @returns {Spec[]} */
function pricing(method, window) {
    return [
        { name: 'method', kind: 'choice', otherwise: method, options: methods(), first: true, help: t('How quotes become a price.') },
        { name: 'window_days', kind: 'whole', otherwise: window, first: true, help: t('Older quotes do not count.') },
        { name: 'half_life_days', kind: 'whole', otherwise: '30', help: t('A quote of this age weighs half; 0: age does not matter.') },
        {
            name: 'weights',
            kind: 'checks',
            otherwise: ['time', 'supplier'],
            options: [
                ['time', t('age')],
                ['supplier', t('supplier')],
                ['qty', t('quantity')],
            ],
            help: t('What weighs in a weighted average.'),
        },
        { name: 'qty_cap', kind: 'number', otherwise: '100', help: t('Larger quantities weigh no more than this one.') },
        { name: 'ref_qty', kind: 'number', otherwise: '1', help: t('Quotes with a larger minimum quantity do not count.') },
        {
            name: 'per_party',
            kind: 'choice',
            otherwise: 'latest',
            options: [
                ['latest', t('only the newest')],
                ['all', t('all of them')],
            ],
            help: t('Quotes of one supplier for one number.'),
        },
        { name: 'require_valid', kind: 'check', otherwise: true, help: t('Leave out quotes whose validity has ended.') },
        {
            name: 'outlier',
            kind: 'choice',
            otherwise: 'mad',
            options: [
                ['mad', t('by distance from the median')],
                ['iqr', t('by quartiles')],
                ['none', t('are not looked for')],
            ],
            help: t('How quotes far from the rest are found.'),
        },
        { name: 'outlier_k', kind: 'number', otherwise: '', help: t('Empty: 3.5 by the median, 1.5 by quartiles.') },
        { name: 'outlier_min_n', kind: 'whole', otherwise: '5', help: t('With fewer quotes outliers are not looked for.') },
        { name: 'outlier_floor_pct', kind: 'number', otherwise: '2', help: t('The spread counts as at least this part of the median.') },
        { name: 'min_quotes', kind: 'whole', otherwise: '1', help: t('With fewer quotes there is no price.') },
        {
            name: 'fx_date',
            kind: 'choice',
            otherwise: 'quote',
            options: [
                ['quote', t('of the quote')],
                ['as_of', t('of the calculation')],
            ],
            help: t('Which day the currency rate is of.'),
        },
    ];
}

/** @returns {Spec[]} */
function rounding() {
    return [
        { name: 'coefficient', kind: 'number', otherwise: '1', help: t('Every price is multiplied by it.') },
        { name: 'round_step', kind: 'number', otherwise: '0.01', help: t('Prices are multiples of it.') },
        {
            name: 'round_mode',
            kind: 'choice',
            otherwise: 'half_up',
            options: [
                ['half_up', t('half up')],
                ['half_even', t('half to even')],
                ['up', t('rounding|up')],
                ['down', t('rounding|down')],
            ],
            help: t('How prices are rounded to the step.'),
        },
    ];
}

/** @returns {Spec[]} */
export function recalculation() {
    return [
        { name: 'as_of', kind: 'date', otherwise: today(), first: true, help: t('The day the prices are for.') },
        ...pricing('weighted_avg', '90'),
        ...rounding(),
        { name: 'max_change_pct', kind: 'number', otherwise: '0', help: t('Larger changes wait on hold; 0: none do.') },
        { name: 'min_change_pct', kind: 'number', otherwise: '0', help: t('Smaller changes leave the price as it is.') },
        {
            name: 'on_no_quotes',
            kind: 'choice',
            otherwise: 'keep',
            options: [
                ['keep', t('kept as stale')],
                ['clear', t('removed')],
            ],
            help: t('What becomes of a price without quotes.'),
        },
        { name: 'categories', kind: 'categories', otherwise: [], help: t('Only these; none chosen: all.') },
        { name: 'lot_codes', kind: 'lines', otherwise: [], help: t('Only these, one a line; empty: all.') },
        {
            name: 'audit',
            kind: 'choice',
            otherwise: 'changes',
            options: [
                ['changes', t('prices that changed')],
                ['all', t('all of them')],
            ],
            help: t('What the history keeps.'),
        },
    ];
}

/** @param {string} source @param {string} base the base currency @returns {Spec[]} */
export function listMaking(source, base) {
    /** @type {Record<string, Spec[]>} */
    const own = {
        estimate: [
            { name: 'include_stale', kind: 'check', otherwise: true, help: t('Stale prices are listed too.') },
            { name: 'max_price_age_days', kind: 'whole', otherwise: '0', help: t('Older prices are left out; 0: any age.') },
        ],
        warehouse: [
            { name: 'warehouses', kind: 'warehouses', otherwise: [], help: t('Only these; none chosen: all.') },
            { name: 'include_zero_qty', kind: 'check', otherwise: false, help: t('List what is wholly reserved too.') },
            {
                name: 'cost_fallback',
                kind: 'choice',
                otherwise: 'skip',
                options: [
                    ['skip', t('left out')],
                    ['estimate', t('at the estimated price')],
                ],
                help: t('What becomes of an item without a cost.'),
            },
        ],
        competitor: pricing('min', '30'),
    };
    return [
        { name: 'as_of', kind: 'date', otherwise: today(), first: true, help: t('The day of the list.') },
        { name: 'currency', kind: 'text', otherwise: base, first: true, help: t('Three letters, as USD.') },
        { name: 'note', kind: 'text', otherwise: '', first: true, help: t('Kept with the list.') },
        ...(own[source] ?? []),
        ...rounding(),
        { name: 'categories', kind: 'categories', otherwise: [], help: t('Only these; none chosen: all.') },
        { name: 'skip_if_unchanged', kind: 'check', otherwise: false, help: t('No new list if nothing has changed.') },
        { name: 'allow_empty', kind: 'check', otherwise: false, help: t('Make the list even without items.') },
    ];
}
