/* The parameters of tasks by name. Those without a name of their own are shown as they are called. */
import { data, h } from '../ui/dom.js';
import { day } from '../ui/date.js';
import { t } from './words.js';

/** @param {string} name */
export function paramLabel(name) {
    switch (name) {
        case 'warehouse':
            return t('Warehouse');
        case 'party':
            return t('Supplier or competitor');
        case 'table':
            return t('Table');
        case 'mode':
            return t('Mode');
        case 'stock_date':
        case 'as_of':
        case 'quoted_on':
            return t('As of');
        case 'dry_run':
            return t('Only a check');
        case 'sheet':
            return t('Sheet');
        case 'header_row':
            return t('Heading row');
        case 'method':
            return t('Method');
        case 'window_days':
            return t('Window, days');
        case 'half_life_days':
            return t('Weight halves in, days');
        case 'outlier':
            return t('Outliers');
        case 'coefficient':
            return t('Coefficient');
        case 'round_step':
            return t('Rounding step');
        case 'currency':
            return t('Currency');
        case 'note':
            return t('Note');
        case 'source':
            return t('Source');
        case 'profile':
            return t('Profile');
        default:
            return name;
    }
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
