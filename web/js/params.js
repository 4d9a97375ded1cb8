/* The parameters of tasks by name. Those without a name of their own are shown as they are called. */
import { data, h } from '../ui/dom.js';
import { day } from '../ui/date.js';
import { t } from './words.js';

/** @param {string} name */
export function paramLabel(name) {
    /** @type {Record<string, string>} */
    const labels = {
        warehouse: t('Warehouse'),
        warehouses: t('Warehouses'),
        party: t('Supplier or competitor'),
        table: t('Table'),
        mode: t('Mode'),
        stock_date: t('As of'),
        as_of: t('As of'),
        quoted_on: t('As of'),
        dry_run: t('Only a check'),
        sheet: t('Sheet'),
        header_row: t('Heading row'),
        method: t('Method'),
        window_days: t('Window, days'),
        half_life_days: t('Weight halves in, days'),
        weights: t('Weights'),
        qty_cap: t('Largest weight of quantity'),
        ref_qty: t('Quantity that is priced'),
        per_party: t('Quotes of a supplier'),
        require_valid: t('Only valid quotes'),
        outlier: t('Outliers'),
        outlier_k: t('Distance of outliers'),
        outlier_min_n: t('Quotes for outliers, at least'),
        outlier_floor_pct: t('Smallest spread, %'),
        min_quotes: t('Quotes, at least'),
        fx_date: t('Currency rate'),
        coefficient: t('Coefficient'),
        round_step: t('Rounding step'),
        round_mode: t('Rounding'),
        max_change_pct: t('Hold changes above, %'),
        min_change_pct: t('Ignore changes below, %'),
        on_no_quotes: t('Without quotes'),
        categories: t('Categories'),
        lot_codes: t('Lots'),
        audit: t('History'),
        include_stale: t('With stale prices'),
        max_price_age_days: t('Age of prices, days'),
        include_zero_qty: t('With reserved items'),
        cost_fallback: t('Without a cost'),
        skip_if_unchanged: t('Only if something changed'),
        allow_empty: t('Even if empty'),
        currency: t('Currency'),
        note: t('Note'),
        source: t('Source'),
        profile: t('Profile'),
    };
    return labels[name] ?? name;
}

/** @param {string} name @param {any} value @returns {Node} */
export function paramValue(name, value) {
    if (typeof value === 'boolean') return h('span', null, value ? t('yes') : t('no'));
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) return h('span', null, day(value));
    if (typeof value === 'object') return h('code', null, JSON.stringify(value));
    const word = name === 'method' ? methodWord(value) : '';
    return word ? h('span', null, word) : data(String(value));
}

/** @param {string} method */
export function methodWord(method) {
    switch (method) {
        case 'weighted_avg':
            return t('weighted average');
        case 'average':
            return t('average');
        case 'median':
            return t('median');
        case 'min':
            return t('lowest');
        case 'latest':
            return t('latest quote');
        case 'manual':
            return t('manual');
        default:
            return method ?? '';
    }
}

/** @param {string} unit */
export function unitWord(unit) {
    if (unit === 'pcs') return t('pcs');
    if (unit === 'set') return t('unit|set');
    if (unit === 'm') return t('unit|m');
    return unit ?? '';
}
