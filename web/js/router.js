/* Paths are in the hash: the daemon keeps one page and an honest 404, and no code or filter reaches an access log. */

/** @typedef {{parts: string[], query: Record<string, string>}} Place */

/** @param {string} hash @returns {Place | null} null: an ordinary jump inside the page */
export function parse(hash) {
    if (hash === '' || hash === '#') return { parts: [], query: {} };
    if (!hash.startsWith('#/')) return null;
    const cut = hash.indexOf('?');
    const path = cut < 0 ? hash.slice(2) : hash.slice(2, cut);
    const query = cut < 0 ? {} : Object.fromEntries(new URLSearchParams(hash.slice(cut + 1)));
    return { parts: path.split('/').filter(Boolean).map(decoded), query };
}

/** @param {string} text */
function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** @param {string[]} parts @param {Record<string, any>} [query] */
export function hashOf(parts, query = {}) {
    const pairs = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
    return `#/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** @param {string[]} parts @param {Record<string, any>} [query] */
export function go(parts, query) {
    location.hash = hashOf(parts, query);
}

/** Change the filters in the path without a new entry of the history and without leaving the view. @param {string[]} parts @param {Record<string, any>} query */
export function keepInPath(parts, query) {
    history.replaceState(history.state, '', hashOf(parts, query));
}
