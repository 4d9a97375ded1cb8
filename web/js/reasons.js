/* Faults in words. The server's sentences are English; the other language makes its own from code and arguments. */
import { lang, t } from './words.js';
import { ru } from './ru.js';
import { fieldWord } from './importwords.js';
import { h, visible } from '../ui/dom.js';

/** @param {any} names of fields, divided by blanks or commas */
function fieldNames(names) {
    return names === undefined
        ? undefined
        : String(names)
              .split(/[\s,]+/)
              .map(fieldWord)
              .join(', ');
}

/** A sentence with its arguments; a clause whose place is not known is left out. @param {string} text @param {Record<string, any>} args */
export function filled(text, args) {
    const known = text.replace(/\[([^\]]*)\]/g, (_, clause) => ((/\{(\w+)\}/.exec(clause)?.[1] ?? '') in args ? clause : ''));
    return known.replace(/\{(\w+)\}/g, (_, name) => {
        const value = name === 'missing' || name === 'field' ? fieldNames(args[name]) : args[name];
        return value === undefined ? '…' : visible(Array.isArray(value) ? value.join(', ') : String(value));
    });
}

/** Questions without the names of parameters that the server's sentence has: here a choice stands below. @type {Record<string, string>} */
const QUESTIONS = {
    E_SHEETS: 'Several sheets have a heading.',
    E_NO_HEADER: 'No row is a heading that can be used[; most like one: row {row}]. Name the columns.',
    E_AMBIGUOUS_COLUMN: 'Several columns could be meant[ (row {row})].',
    E_NUMBER_STYLE: 'The numbers of this file can be read in two ways.',
    E_TOTALS: 'The rows add up to {rows}, the total of the file[ in row {row}] is {total}. Are groups read as items?',
    E_TOO_MANY_DELETES: '{deleted} of {items} items[ of warehouse {warehouse}] would be deleted, more than {percent} %.',
};

/** @param {string} code @param {Record<string, any>} args @param {string} english the server's sentence @returns {Node} */
export function reason(code, args, english) {
    const own = lang() === 'ru' ? /** @type {Record<string, any>} */ (ru)[`code.${code}`] : undefined;
    if (typeof own === 'string') return h('span', null, filled(own, args));
    if (lang() === 'en' && code in QUESTIONS) return h('span', null, filled(QUESTIONS[code], args));
    const end = /[.!?]$/.test(english) ? english : `${english}.`;
    return h('span', { lang: 'en' }, visible(english ? end : t('The reason is not known.')));
}

/** The heading of a question or a failure of a task. @param {string} code */
export function reasonHeading(code) {
    switch (code) {
        case 'E_SHEETS':
            return t('Which sheet?');
        case 'E_NO_HEADER':
            return t('Where is the heading?');
        case 'E_AMBIGUOUS_COLUMN':
        case 'E_COLUMNS':
            return t('Which column?');
        case 'E_NUMBER_STYLE':
            return t('How are numbers written?');
        case 'E_TOTALS':
            return t('The total differs');
        case 'E_TOO_MANY_DELETES':
            return t('Much would be deleted');
        case 'E_STOCK_OLDER':
            return t('The stock is older than what is on record');
        case 'E_TOO_MANY_ERRORS':
            return t('Too many refused rows');
        case 'E_NO_DATA':
            return t('No row could be read');
        case 'E_FILE_FORMAT':
            return t('The file cannot be read');
        case 'E_BASE_MOVED':
            return t('Later imports exist');
        default:
            return '';
    }
}

/** @param {string} kind of a problem */
export function problemHeading(kind) {
    switch (kind) {
        case 'away':
        case 'draining':
            return t('No connection to the server');
        case 'unauthorized':
            return t('Sign in again');
        case 'forbidden':
            return t('Your token lacks this right');
        case 'misdirected-request':
            return t('A proxy changes the address');
        case 'not-found':
        case 'task-not-found':
            return t('Not found');
        case 'task-expired':
            return t('No longer kept');
        case 'task-already-finished':
            return t('The task has already ended');
        case 'file-gone':
            return t('Choose the file again');
        case 'base-moved':
            return t('Later imports exist');
        case 'precondition-failed':
            return t('Changed by somebody else');
        case 'body-too-large':
            return t('The file is too large');
        case 'unsupported-media-type':
        case 'invalid-parameters':
            return t('Check these fields');
        case 'rate-limited':
        case 'database-unavailable':
        case 'too-many-uploads':
            return t('The server is busy');
        case 'queue-full':
            return t('The queue is full');
        case 'internal':
            return t('The server made an error');
        default:
            return t('It was refused');
    }
}
