/* A bounded map with watchers. The oldest entry leaves first, so that a day of polls grows nothing. */

/** @template T */
export class Store {
    /** @param {number} most */
    constructor(most) {
        this.most = most;
        /** @type {Map<string, T>} */
        this.entries = new Map();
        /** @type {Map<string, Set<(value: T) => void>>} */
        this.watchers = new Map();
    }

    /** @param {string} key */
    get(key) {
        return this.entries.get(key);
    }

    /** Tells the watchers only if the value is another one. @param {string} key @param {T} value */
    set(key, value) {
        const before = this.entries.get(key);
        this.entries.delete(key);
        this.entries.set(key, value);
        if (this.entries.size > this.most) this.entries.delete(this.entries.keys().next().value ?? '');
        if (before !== value && JSON.stringify(before) !== JSON.stringify(value)) this.tell(key, value);
    }

    /** @param {string} key @param {T} value */
    tell(key, value) {
        for (const name of [key, '*']) for (const fn of [...(this.watchers.get(name) ?? [])]) fn(value);
    }

    /** @param {string} key "*": every one. @param {(value: T) => void} fn @param {AbortSignal} signal */
    watch(key, fn, signal) {
        const set = this.watchers.get(key) ?? new Set();
        this.watchers.set(key, set.add(fn));
        signal.addEventListener('abort', () => {
            set.delete(fn);
            if (set.size === 0 && this.watchers.get(key) === set) this.watchers.delete(key);
        });
    }
}

/** Tasks in full view, by id. @type {Store<any>} */
export const tasks = new Store(200);
/** What the shell shows: session, link, counts, notices. @type {Store<any>} */
export const facts = new Store(20);
