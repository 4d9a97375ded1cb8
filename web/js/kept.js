/* What this browser keeps. Storage may be full, switched off or damaged by others: then nothing is kept, and nothing fails. */

/** @template T @param {string} key @param {T} otherwise @returns {T} */
export function read(key, otherwise) {
    try {
        const text = localStorage.getItem(key);
        const value = text === null ? otherwise : JSON.parse(text);
        return typeof value === typeof otherwise && value !== null ? value : otherwise;
    } catch {
        return otherwise;
    }
}

/** @param {string} key @param {unknown} value null removes it */
export function write(key, value) {
    try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(value));
    } catch {
        /* nothing is kept */
    }
}

/** All keys that begin so. @param {string} prefix */
export function keys(prefix) {
    try {
        return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
        return [];
    }
}

const DEFAULTS = {
    lang: '',
    scheme: '',
    compact: false,
    singleKeys: true,
    keepNotices: false,
    utc: false,
};

export const settings = { ...DEFAULTS, ...read('pf.settings', {}) };

/** @param {Partial<typeof DEFAULTS>} change */
export function changeSettings(change) {
    Object.assign(settings, change);
    write('pf.settings', settings);
    const root = document.documentElement;
    if (settings.scheme) root.dataset.theme = settings.scheme;
    else delete root.dataset.theme;
    if (settings.compact) root.dataset.rows = 'compact';
    else delete root.dataset.rows;
}

/** Random enough for a key; works where the page has no secure context. */
export function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
