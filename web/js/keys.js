/* Keys: g and a letter goes to a view, Ctrl Enter does the view's main action. Single keys work only outside fields. */
import { settings } from './kept.js';
import { focusNewest } from './toast.js';
import { go } from './router.js';
import { dialog, button } from '../ui/parts.js';
import { h } from '../ui/dom.js';
import { t } from './words.js';

/** @type {Record<string, string>} */
const PLACES = {
    s: '',
    i: '',
    t: 'tasks',
    p: 'prices',
    r: 'recalculate',
    h: 'held',
    l: 'lists',
    w: 'stock',
    u: 'unmatched',
    o: 'operation',
};

let waitsForLetter = 0;
/** @type {(() => void)[]} */
const primaries = [];
/** @type {Map<string, {act: () => void, what: string}>} */
const single = new Map();

/** @param {() => void} act @param {AbortSignal} signal */
export function primary(act, signal) {
    primaries.push(act);
    signal.addEventListener('abort', () => primaries.splice(primaries.indexOf(act), 1));
}

/** A key of the view. @param {string} key @param {() => void} act @param {AbortSignal} signal @param {string} [what] it does, for the list of keys */
export function onKey(key, act, signal, what = '') {
    single.set(key, { act, what });
    signal.addEventListener('abort', () => single.get(key)?.act === act && single.delete(key));
}

/** @param {EventTarget | null} target */
function inField(target) {
    return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName));
}

/** @param {string[]} known the first parts of paths that there are */
export function startKeys(known) {
    addEventListener('keydown', (event) => {
        if (document.querySelector('dialog[open]')) return;
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && primaries.length) {
            event.preventDefault();
            primaries[primaries.length - 1]();
        } else if (event.altKey && (event.key === 'n' || event.code === 'KeyN')) {
            event.preventDefault();
            focusNewest();
        } else if (!inField(event.target) && settings.singleKeys && !event.ctrlKey && !event.metaKey && !event.altKey)
            singleKey(event, known);
    });
}

/** By the key's place, so that a Russian layout works too. @param {KeyboardEvent} event */
function letterOf(event) {
    return /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
}

/** @param {KeyboardEvent} event @param {string[]} known */
function singleKey(event, known) {
    const letter = letterOf(event);
    if (Date.now() < waitsForLetter) {
        waitsForLetter = 0;
        if (letter in PLACES && known.includes(PLACES[letter])) {
            event.preventDefault();
            go(PLACES[letter] ? [PLACES[letter]] : []);
        }
    } else if (single.has(letter)) {
        event.preventDefault();
        single.get(letter)?.act();
    } else if (letter === 'g') waitsForLetter = Date.now() + 1500;
    else if (event.key === '/') {
        event.preventDefault();
        const find = document.querySelector('.shell-find input');
        if (find instanceof HTMLElement) find.focus();
    } else if (event.key === '?') showKeys(known);
}

/** @param {string[]} known */
function showKeys(known) {
    const names = {
        s: t('Start'),
        t: t('Tasks'),
        p: t('Prices'),
        r: t('Recalculate'),
        h: t('On hold'),
        l: t('Price lists'),
        w: t('Stock'),
        u: t('Unmatched'),
        o: t('Operation'),
    };
    const rows = Object.entries(names).filter(([key]) => known.includes(PLACES[key]));
    const line = (/** @type {string} */ keys, /** @type {string} */ what) =>
        h('tr', null, h('th', { scope: 'row' }, h('kbd', null, keys)), h('td', null, what));
    dialog(t('Keys'), (close) => [
        h(
            'table',
            { class: 'keys' },
            rows.map(([key, what]) => line(`g ${key}`, what)),
            [...single].filter(([, one]) => one.what).map(([key, one]) => line(key, one.what)),
            line('/', t('Find lot or part number')),
            line('Ctrl Enter', t('The main action of the view')),
            line('Alt N', t('The newest notice')),
            line('Esc', t('Close')),
        ),
        button(t('Close'), close),
    ]);
}
