/* Elements are made by calls, texts are text nodes: there is no way from data to markup. */

const ATTRIBUTES = new Set(
    (
        'class type name value href title role tabindex for placeholder min max step rows cols colspan rowspan scope download accept ' +
        'multiple checked disabled readonly required selected open hidden lang dir datetime autocomplete inputmode spellcheck ' +
        'maxlength pattern list id method width height autofocus target rel size'
    ).split(' '),
);
const FLAGS = new Set(['checked', 'disabled', 'readonly', 'required', 'selected', 'open', 'hidden', 'multiple', 'autofocus']);

/** @typedef {Node | string | number | null | undefined | false} Child */

/** @param {string} href */
export function safeHref(href) {
    if (/^(#\/|api\/|blob:)/.test(href)) return href;
    throw new Error(`not an address of this page: ${href}`);
}

/** @param {Element} el @param {string} name @param {any} value */
function setAttribute(el, name, value) {
    if (value === null || value === undefined || value === false) return;
    if (name.startsWith('on')) {
        if (typeof value !== 'function') throw new Error(`${name} must be a function`);
        el.addEventListener(name.slice(2), value);
    } else if (name === 'href') el.setAttribute(name, safeHref(String(value)));
    else if (FLAGS.has(name)) el.setAttribute(name, '');
    else if (ATTRIBUTES.has(name) || /^(aria|data)-[a-z-]+$/.test(name)) el.setAttribute(name, String(value));
    else throw new Error(`unknown attribute ${name}`);
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {Record<string, any> | null} [props] @param {...(Child | Child[])} children @returns {HTMLElementTagNameMap[K]} */
export function h(tag, props, ...children) {
    const el = document.createElement(tag);
    for (const [name, value] of Object.entries(props ?? {})) setAttribute(el, name, value);
    put(el, ...children);
    return el;
}

/** @param {string} tag @param {Record<string, string | number>} props @param {...(Child | Child[])} children */
export function svg(tag, props, ...children) {
    const el = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(props)) {
        if (!/^[a-zA-Z-]+$/.test(name) || /^(on|style|href)/.test(name)) throw new Error(`unknown attribute ${name}`);
        el.setAttribute(name, String(value));
    }
    put(el, ...children);
    return el;
}

/** Append. @param {Element} el @param {...(Child | Child[])} children */
export function put(el, ...children) {
    for (const child of children.flat()) {
        if (child === null || child === undefined || child === false) continue;
        el.append(typeof child === 'object' ? child : document.createTextNode(String(child)));
    }
    return el;
}

/** Put these in place of what is there. @param {Element} el @param {...(Child | Child[])} children */
export function fill(el, ...children) {
    el.replaceChildren();
    return put(el, ...children);
}

/** Writes only what differs. @param {Element} el @param {string} text */
export function text(el, text) {
    if (el.textContent !== text) el.textContent = text;
}

/** @param {Element} el @param {string} name @param {string | null} value null removes it */
export function attr(el, name, value) {
    if (el.getAttribute(name) === value) return;
    if (value === null) el.removeAttribute(name);
    else el.setAttribute(name, value);
}

/** @param {HTMLElement} el @param {boolean} shown */
export function show(el, shown) {
    if (el.hidden === shown) el.hidden = !shown;
}

/* Control characters as pictures; those that turn the direction of what follows as a mark: bdi alone lets them through. */
const TURNS = {
    '\u202a': 'LRE',
    '\u202b': 'RLE',
    '\u202c': 'PDF',
    '\u202d': 'LRO',
    '\u202e': 'RLO',
    '\u2066': 'LRI',
    '\u2067': 'RLI',
    '\u2068': 'FSI',
    '\u2069': 'PDI',
};

/** @param {string} value */
export function visible(value) {
    return value.replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, (c) => {
        const turn = /** @type {Record<string, string>} */ (TURNS)[c];
        if (turn) return `‹${turn}›`;
        return c === '\u007f' ? '\u2421' : String.fromCharCode(0x2400 + c.charCodeAt(0));
    });
}

/** A text of the data: a name, a cell, a file. @param {string | null | undefined} value */
export function data(value) {
    return h('bdi', { dir: 'auto', class: 'data' }, visible(value ?? ''));
}

/** The name of a file: what is cut off is in the middle, so that its kind stays in sight. @param {string} value */
export function fileName(value) {
    const shown = visible(value);
    const chars = Array.from(shown);
    const short = chars.length > 60 ? `${chars.slice(0, 44).join('')}…${chars.slice(-14).join('')}` : shown;
    return h('bdi', { dir: 'auto', class: 'data', title: short === shown ? null : shown }, short);
}

/** What a screen reader says, once. @param {string} words @param {'status' | 'alert'} [role] */
export function say(words, role = 'status') {
    const region = document.querySelector(`body > .spoken[role="${role}"]`);
    if (!region) return;
    fill(region);
    setTimeout(() => fill(region, words), 50);
}
