/* Decimal texts of the server are cut and grouped as texts. They never become floating-point numbers. */
import { lang } from '../js/words.js';

/** @typedef {'money' | 'quantity' | 'percent' | 'plain'} Kind */

/** @type {Map<string, {group: string, point: string}>} */
const signsOf = new Map();

function signs() {
    const name = lang() === 'ru' ? 'ru' : 'en-GB';
    let found = signsOf.get(name);
    if (!found) {
        const parts = new Intl.NumberFormat(name).formatToParts(-1234567.5);
        const group = parts.find((part) => part.type === 'group')?.value ?? ' ';
        found = { group: /\s/.test(group) ? '\u202f' : group, point: parts.find((part) => part.type === 'decimal')?.value ?? '.' };
        signsOf.set(name, found);
    }
    return found;
}

/** @param {string} digits @param {string} group */
function grouped(digits, group) {
    return digits.replace(/\B(?=(\d{3})+$)/g, group);
}

/** The digits behind the point that a kind shows. @param {string} part @param {Kind} kind */
function fraction(part, kind) {
    if (kind === 'quantity') return part.replace(/0+$/, '');
    if (kind === 'money') return part.slice(0, 2).padEnd(2, '0') + part.slice(2, 4).replace(/0+$/, '');
    if (kind === 'percent') return part.slice(0, 2).padEnd(2, '0');
    return part;
}

/** @param {string | number | null | undefined} value @param {Kind} [kind] */
export function dec(value, kind = 'plain') {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value ?? ''));
    if (!match) return value === null || value === undefined ? '' : String(value);
    const { group, point } = signs();
    const behind = fraction(match[3] ?? '', kind);
    const zero = /^0*$/.test(match[2] + behind);
    const sign = zero ? '' : match[1] ? '\u2212' : kind === 'percent' ? '+' : '';
    return sign + grouped(match[2], group) + (behind ? point + behind : '');
}

/** @param {number | string | null | undefined} value */
export function int(value) {
    return dec(value, 'plain');
}

/** What was typed, as the server takes it; "" if it is no number, null if it can be read in two ways. @param {string} typed */
export function typedNumber(typed) {
    const bare = typed.replace(/[\s\u00a0\u202f]/g, '').replace('\u2212', '-');
    if (/^-?\d{1,3}[.,]\d{3}$/.test(bare) && !/^-?0[.,]/.test(bare)) return null;
    if (!/^-?\d+([.,]\d+)?$/.test(bare)) return '';
    return bare.replace(',', '.');
}

/** A decimal text times 10^digits, exactly. @param {string} value @param {number} digits */
export function scaled(value, digits) {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
    if (!match) return 0n;
    const all = BigInt(match[2] + (match[3] ?? '').padEnd(digits, '0').slice(0, digits));
    return match[1] ? -all : all;
}

/** @param {string | null | undefined} value */
export function direction(value) {
    const sign = scaled(value ?? '0', 6);
    return sign > 0n ? 'up' : sign < 0n ? 'down' : 'same';
}

/** Bytes for people. @param {number} bytes */
export function size(bytes) {
    const step = bytes >= 1048576 ? 1048576 : bytes >= 1024 ? 1024 : 1;
    const unit = step === 1048576 ? 'megabyte' : step === 1024 ? 'kilobyte' : 'byte';
    const form = new Intl.NumberFormat(lang() === 'ru' ? 'ru' : 'en-GB', {
        style: 'unit',
        unit,
        maximumFractionDigits: step === 1048576 ? 1 : 0,
    });
    return form.format(bytes / step);
}
