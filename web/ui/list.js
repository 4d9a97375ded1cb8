/* Rows by key: they are moved and patched, never made anew, so that focus, selection, ticks and half-typed texts survive a poll. */

/**
 * @template T
 * @param {Element} parent its children belong to this list alone
 * @param {T[]} items @param {(item: T) => string} key
 * @param {(item: T) => Element} make @param {(el: Element, item: T) => void} [patch]
 */
export function list(parent, items, key, make, patch) {
    /** @type {Map<string, Element>} */
    const old = parentKeys.get(parent) ?? new Map();
    /** @type {Map<string, Element>} */
    const now = new Map();
    let at = parent.firstElementChild;
    for (const item of items) {
        const name = key(item);
        if (now.has(name)) continue;
        let el = old.get(name);
        if (el) patch?.(el, item);
        else el = make(item);
        now.set(name, el);
        if (el === at) at = at.nextElementSibling;
        else parent.insertBefore(el, at);
    }
    for (const [name, el] of old) if (!now.has(name)) el.remove();
    parentKeys.set(parent, now);
}

/** @type {WeakMap<Element, Map<string, Element>>} */
const parentKeys = new WeakMap();
