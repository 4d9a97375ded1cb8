/* Words of the import's page: fields, reasons of columns, kinds of rows, names of faults, choices that settle a question. */
import { day } from '../ui/date.js';
import { data } from '../ui/dom.js';
import { t } from './words.js';

/** @type {Record<string, () => string>} */
const FIELDS = {
    part_number: () => t('Part number'),
    lot: () => t('Lot'),
    code: () => t('Code'),
    name: () => t('Name'),
    vendor: () => t('Vendor'),
    qty: () => t('Quantity'),
    free: () => t('Free'),
    reserved: () => t('Reserved'),
    unit: () => t('Unit'),
    unit_cost: () => t('Unit price'),
    total_cost: () => t('Amount'),
    warehouse: () => t('Warehouse'),
    currency: () => t('Currency'),
    received_on: () => t('Received on'),
    price: () => t('Price'),
    min_qty: () => t('Minimum quantity'),
    vat_rate: () => t('VAT rate'),
    quoted_on: () => t('As of'),
    valid_until: () => t('Valid until'),
    availability: () => t('Availability'),
    lot_code: () => t('Lot'),
    category: () => t('Category'),
    coefficient: () => t('Coefficient'),
    price_method: () => t('Method'),
    manual_price: () => t('Manual price'),
    window_days: () => t('Window, days'),
    party: () => t('Supplier or competitor'),
    rate: () => t('Rate'),
};

/** @param {string} field */
export function fieldWord(field) {
    return FIELDS[field]?.() ?? field;
}

/** @param {string} code */
export function whyWord(code) {
    switch (code) {
        case 'by_caption':
            return t('by caption');
        case 'by_request':
            return t('your choice');
        case 'in_question':
            return t('in question');
        case 'no_caption':
            return t('no caption');
        case 'other_warehouse':
            return t('another warehouse');
        case 'sum':
            return t('sum of others');
        case 'selling':
            return t('selling price');
        case 'alike':
            return t('like another column');
        case 'not_understood':
            return t('not understood');
        default:
            return t('not read');
    }
}

/** @param {string} kind */
export function rowWord(kind) {
    switch (kind) {
        case 'heading':
            return t('heading');
        case 'group':
            return t('group');
        case 'total':
            return t('total');
        case 'other_warehouse':
            return t('other warehouse');
        default:
            return '';
    }
}

/** A fault in two words, for the buttons that choose among them. @param {string} code */
export function faultName(code) {
    switch (code) {
        case 'E_PN_EMPTY':
            return t('No part number');
        case 'E_PN_SCI':
        case 'E_PN_MANGLED':
            return t('Number spoiled by a spreadsheet');
        case 'E_PN_AMBIGUOUS':
            return t('Several lots');
        case 'E_QTY_NUM':
        case 'E_COST_NUM':
        case 'E_PRICE_NUM':
        case 'E_NUMBER':
            return t('Not a number');
        case 'E_QTY_NEGATIVE':
        case 'E_COST_NEGATIVE':
        case 'E_PRICE_NEGATIVE':
            return t('Negative');
        case 'E_UNIT':
            return t('Unknown unit');
        case 'E_UNIT_PACK':
        case 'E_UNIT_MISMATCH':
            return t('Unit does not fit');
        case 'E_DUP':
            return t('Stands twice');
        case 'E_CURRENCY':
        case 'E_NO_RATE':
            return t('Currency');
        case 'W_PN_FOLDED':
            return t('Look-alike letters');
        case 'W_UNMATCHED':
            return t('Unmatched');
        case 'W_VENDOR':
            return t('Another vendor');
        case 'W_PN_FROM_NAME':
            return t('Number from the name');
        default:
            return code;
    }
}

/** @typedef {{param: string, value: string, label: string}} Choice */

/** @param {Choice} choice @param {string} code of the question @param {any} mapping @returns {(Node | string)[]} */
export function choiceWords(choice, code, mapping) {
    const { param, value } = choice;
    if (param.startsWith('columns.') || param === 'price') return columnWords(choice, mapping);
    if (param === 'sheet' && value === '*') return [t('All sheets as one')];
    if (param === 'force' && code === 'E_TOO_MANY_DELETES') return [t('Delete them')];
    if (param === 'force' && code === 'E_STOCK_OLDER') return [t('Import the older state')];
    if (param === 'force') return [t('Import it nevertheless')];
    if (param === 'mode') return [t('Only add and update')];
    if (param === 'max_reject_pct') return [t('Import the rows that can be taken')];
    if (param === 'check_totals') return [value === 'warn' ? t('Import although the total differs') : t('Do not look at totals')];
    if (param === 'stock_date') return [t('It is the stock of the day on record: {day}', { day: day(value) })];
    if (param === 'number_locale') return [value === 'ru' ? t('1,234 is a little more than one') : t('1,234 is more than a thousand')];
    return [data(choice.label || value)];
}

/** The letter, the caption and what stands in it. @param {Choice} choice @param {any} mapping */
function columnWords(choice, mapping) {
    const column = mapping?.columns.find((/** @type {any} */ one) => one.letter === choice.value || one.caption === choice.value);
    const samples = column
        ? column.samples.map((/** @type {string} */ one) => data(one)).flatMap((/** @type {Node} */ one) => [' · ', one])
        : [];
    return [`${column?.letter ?? choice.value} `, data(column?.caption || choice.label), ...samples];
}
