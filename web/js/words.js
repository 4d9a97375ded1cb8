/* Words. The English text is the key. Sentences are whole entries with named places, never glued from pieces. */
import { ru } from './ru.js';
import { settings } from './kept.js';

/** @type {'en' | 'ru'} */
let language = 'en';

export function lang() {
    return language;
}

export function takeLanguage() {
    const browser = typeof navigator === 'undefined' ? 'en' : navigator.language;
    language = settings.lang === 'ru' || (!settings.lang && /^ru/i.test(browser)) ? 'ru' : 'en';
    if (typeof document !== 'undefined') document.documentElement.lang = language;
}

/** For tests. @param {'en' | 'ru'} name */
export function useLanguage(name) {
    language = name;
}

/** @param {string} key */
function entry(key) {
    const found = language === 'ru' ? /** @type {Record<string, any>} */ (ru)[key] : undefined;
    return typeof found === 'string' ? found : key.replace(/^[^|]*\|/, '');
}

/** One thing is no things, in English. @param {string} text */
function singular(text) {
    return language === 'en' ? text.replace(/(^|[^\d.,\u202f])1 (row|item|price|quote|number|task|lot|file)s\b/g, '$11 $2') : text;
}

/** @param {string} text @param {Record<string, any>} places those that are nodes stay as they are */
function filledIn(text, places) {
    const known = (/** @type {string} */ name) => name in places && typeof places[name] !== 'object';
    return singular(text.replace(/\{(\w+)\}/g, (whole, name) => (known(name) ? String(places[name]) : whole)));
}

/** A key may begin with a sense and a bar: "noun|Change". @param {string} key @param {Record<string, string | number>} [places] */
export function t(key, places) {
    const text = entry(key);
    return places ? filledIn(text, places) : text;
}

/** The same with nodes in the places. @param {string} key @param {Record<string, string | number | Node>} places @returns {(string | Node)[]} */
export function tn(key, places) {
    const parts = filledIn(entry(key), places).split(/(\{\w+\})/);
    return parts.filter(Boolean).map((part) => {
        const value = places[/^\{(\w+)\}$/.exec(part)?.[1] ?? ''];
        return typeof value === 'object' ? value : part;
    });
}

/** @type {Record<string, {one: string}>} */
const ONE = {
    'Import {n} rows': { one: 'Import {n} row' },
    'Approve {n} prices?': { one: 'Approve {n} price?' },
    'Dismiss {n} prices?': { one: 'Dismiss {n} price?' },
    '{n} rows': { one: '{n} row' },
    '{n} items': { one: '{n} item' },
    '{n} corrections': { one: '{n} correction' },
    'Check again: {n} corrections': { one: 'Check again: {n} correction' },
};

/** By number: `n` chooses the form, `shown` stands in the place. @param {string} key @param {number} n @param {string} [shown] @param {Record<string, string | number>} [places] */
export function tp(key, n, shown, places) {
    const rule = new Intl.PluralRules(language).select(n);
    const forms = language === 'ru' ? /** @type {Record<string, any>} */ (ru)[key] : ONE[key];
    const text = typeof forms === 'object' ? (forms[rule] ?? forms.other ?? key) : typeof forms === 'string' ? forms : key;
    const values = { ...places, n: shown ?? String(n) };
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) =>
        name in values ? String(/** @type {Record<string, any>} */ (values)[name]) : whole,
    );
}
