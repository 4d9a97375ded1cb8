/* Days are days of a calendar: no zone moves them. Moments are shown in the local zone, or in UTC by setting. */
import { lang } from '../js/words.js';
import { settings } from '../js/kept.js';
import { h } from './dom.js';

const zone = () => (lang() === 'ru' ? 'ru' : 'en-GB');

/** @type {Map<string, Intl.DateTimeFormat>} */
const forms = new Map();

/** @param {string} name @param {Intl.DateTimeFormatOptions} options */
function form(name, options) {
    const key = `${zone()} ${name} ${settings.utc}`;
    let found = forms.get(key);
    if (!found) {
        found = new Intl.DateTimeFormat(zone(), options);
        forms.set(key, found);
    }
    return found;
}

/** "2026-02-05" as a day. @param {string | null | undefined} value */
export function day(value) {
    const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value ?? '');
    if (!match) return value ?? '';
    const at = Date.UTC(parseInt(match[1], 10), parseInt(match[2], 10) - 1, parseInt(match[3], 10));
    return form('day', {
        timeZone: 'UTC',
        day: lang() === 'ru' ? '2-digit' : 'numeric',
        month: lang() === 'ru' ? '2-digit' : 'short',
        year: 'numeric',
    }).format(at);
}

/** A day on an axis: the month, or the day of the month; the year with January. @param {string} date @param {boolean} month */
export function tickText(date, month) {
    const at = Date.parse(`${date}T00:00:00Z`);
    const year = date.slice(5, 7) === '01' && (month || date.slice(8) <= '07');
    const name = `tick${month}${year}`;
    return form(name, { timeZone: 'UTC', month: 'short', day: month ? undefined : 'numeric', year: year ? 'numeric' : undefined }).format(
        at,
    );
}

/** @param {Date} at */
function full(at) {
    return form('full', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' }).format(at) + ' UTC';
}

/** @param {string} iso */
export function momentText(iso) {
    const at = new Date(iso);
    const now = new Date();
    const timeZone = settings.utc ? 'UTC' : undefined;
    const time = form('time', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
    const date = form('date', { timeZone, day: '2-digit', month: '2-digit', year: 'numeric' });
    return date.format(at) === date.format(now) ? time : `${date.format(at)} ${time}`;
}

/** @param {string | null | undefined} iso */
export function moment(iso) {
    if (!iso) return h('span', null);
    return h('time', { datetime: iso, title: full(new Date(iso)) }, momentText(iso));
}

/** The calendar day of a moment, as "2026-02-05". @param {string} iso */
export function dayOf(iso) {
    const at = new Date(iso);
    const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    if (settings.utc) return at.toISOString().slice(0, 10);
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The day of a moment; the moment is in the title. @param {string | null | undefined} iso */
export function localDay(iso) {
    if (!iso) return '';
    return h('time', { datetime: iso, title: full(new Date(iso)) }, day(dayOf(iso)));
}

/** "today", "3 days ago": a day against another. @param {string} date @param {string} today */
export function ago(date, today) {
    const days = Math.round((Date.parse(date) - Date.parse(today)) / 86400000);
    return new Intl.RelativeTimeFormat(zone(), { numeric: 'auto' }).format(days, 'day');
}

/** A span of milliseconds. @param {number} ms */
export function span(ms) {
    const unit = (/** @type {number} */ n, /** @type {string} */ name, digits = 0) =>
        new Intl.NumberFormat(zone(), { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(n);
    if (ms < 60000) return unit(ms / 1000, 'second', ms < 1000 ? 2 : ms < 10000 ? 1 : 0);
    if (ms < 3600000) return `${unit(Math.floor(ms / 60000), 'minute')} ${unit(Math.floor((ms % 60000) / 1000), 'second')}`;
    if (ms < 86400000) return `${unit(Math.floor(ms / 3600000), 'hour')} ${unit(Math.floor((ms % 3600000) / 60000), 'minute')}`;
    return `${unit(Math.floor(ms / 86400000), 'day')} ${unit(Math.floor((ms % 86400000) / 3600000), 'hour')}`;
}
