/* Requests. Every answer is {ok, data} or {problem}: no exception leaves this file. All addresses are relative to the page, so that it
 * works below any prefix of a proxy. */
import { facts } from './store.js';
import { randomId } from './kept.js';

/** @typedef {{kind: string, status: number, title: string, detail: string, errors: any[], retry: number, id: string}} Problem */
/** @typedef {{ok: boolean, status: number, data: any, tag: string, headers: Headers, problem: Problem}} Answer */

const TIME_OUT_MS = 10000;
const NO_PROBLEM = { kind: '', status: 0, title: '', detail: '', errors: [], retry: 0, id: '' };
let token = '';

/** @param {string} value @param {boolean} keep until the tab is closed */
export function setToken(value, keep) {
    token = value;
    try {
        if (keep) sessionStorage.setItem('pf.token', value);
        else sessionStorage.removeItem('pf.token');
    } catch {
        /* it stays in memory */
    }
}

export function hasToken() {
    if (!token) {
        try {
            token = sessionStorage.getItem('pf.token') ?? '';
        } catch {
            token = '';
        }
    }
    return token !== '';
}

/** @param {Record<string, string>} headers */
export function withToken(headers) {
    return hasToken() ? { ...headers, Authorization: `Bearer ${token}` } : headers;
}

/** "/api/x" and "api/x" are the same. @param {string} path @param {Record<string, any>} [query] */
export function address(path, query = {}) {
    const pairs = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
    return path.replace(/^\//, '') + (text ? `?${text}` : '');
}

/** @param {number} status @param {string} text @param {(name: string) => string | null} header @returns {Problem} */
export function problemOf(status, text, header) {
    /** @type {any} */
    let body = {};
    try {
        body = JSON.parse(text);
    } catch {
        /* a proxy's own page */
    }
    const kind = typeof body.type === 'string' ? body.type.replace(/^.*\//, '') : '';
    const away = !kind && (status === 0 || status === 502 || status === 503 || status === 504);
    return {
        kind: away ? 'away' : kind || (status >= 500 ? 'internal' : 'unknown'),
        status,
        title: body.title ?? '',
        detail: body.detail ?? '',
        errors: Array.isArray(body.errors) ? body.errors : [],
        retry: parseInt(header('Retry-After') ?? '0', 10) || 0,
        id: typeof body.instance === 'string' ? body.instance.replace('urn:uuid:', '') : '',
    };
}

/** @param {Problem} problem @returns {Answer} */
export function failed(problem) {
    return { ok: false, status: problem.status, data: null, tag: '', headers: new Headers(), problem };
}

/** What every answer tells about the link: there, away, or asking for a token. @param {Answer} answer */
function noteLink(answer) {
    const kind = answer.problem.kind;
    if (kind === 'unauthorized') facts.set('token', { asked: true, bad: hasToken() });
    else if (kind !== 'away' && answer.status !== 0) facts.set('away', null);
}

/** Until the caller has left or the time is over. @param {AbortSignal | undefined} signal @param {number} ms */
function limited(signal, ms) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), ms);
    const stop = () => control.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) control.abort();
    return {
        signal: control.signal,
        done() {
            clearTimeout(timer);
            signal?.removeEventListener('abort', stop);
        },
    };
}

/** @param {Response} response @param {'json' | 'text' | 'blob'} as @returns {Promise<Answer>} */
async function answerOf(response, as) {
    const tag = response.headers.get('ETag') ?? '';
    const base = { status: response.status, tag, headers: response.headers, problem: NO_PROBLEM };
    if (response.status === 304 || response.status === 204) return { ...base, ok: true, data: null };
    if (response.ok && as === 'blob') return { ...base, ok: true, data: await response.blob() };
    const text = await response.text();
    if (!response.ok) {
        const problem = problemOf(response.status, text, (name) => response.headers.get(name));
        return { ...base, ok: false, data: null, problem };
    }
    return { ...base, ok: true, data: as === 'text' || text === '' ? text : JSON.parse(text) };
}

/**
 * @param {string} method @param {string} path
 * @param {{query?: Record<string, any>, body?: unknown, form?: Record<string, any> | null, headers?: Record<string, string>, signal?: AbortSignal, text?: boolean, blob?: boolean, ms?: number}} [more]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, more = {}) {
    const headers = withToken({ ...(more.headers ?? {}) });
    /** @type {RequestInit} */
    const init = { method, headers, cache: 'no-store', credentials: 'same-origin' };
    if (more.body !== undefined) {
        headers['Content-Type'] = 'application/json';
        init.body = JSON.stringify(more.body);
    }
    if (more.form) {
        const form = new FormData();
        for (const [name, value] of Object.entries(more.form)) form.append(name, String(value));
        init.body = form;
    }
    const limit = limited(more.signal, more.ms ?? TIME_OUT_MS);
    let answer;
    try {
        answer = await answerOf(
            await fetch(address(path, more.query), { ...init, signal: limit.signal }),
            more.blob ? 'blob' : more.text ? 'text' : 'json',
        );
    } catch {
        answer = failed({ ...NO_PROBLEM, kind: more.signal?.aborted ? 'left' : 'away' });
    }
    limit.done();
    noteLink(answer);
    return answer;
}

/** @param {string} path @param {Record<string, any>} [query] @param {{tag?: string, signal?: AbortSignal, text?: boolean, blob?: boolean, ms?: number}} [more] */
export function get(path, query, more = {}) {
    const headers = more.tag ? { 'If-None-Match': more.tag } : undefined;
    return send('GET', path, { query, headers, signal: more.signal, text: more.text, blob: more.blob, ms: more.ms });
}

/** Worth another try with the same key: the service is busy or away, or the answer was lost. @param {Problem} problem */
export function passes(problem) {
    const busy = ['away', 'rate-limited', 'queue-full', 'database-unavailable', 'draining', 'idempotency-in-progress'];
    return busy.includes(problem.kind) || problem.kind === 'too-many-uploads';
}

/** @param {number} ms @param {AbortSignal} [signal] */
export function pause(ms, signal) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => (clearTimeout(timer), resolve(undefined)), { once: true });
    });
}

/**
 * Repeat what one key makes safe to repeat: at most five times, telling the seconds that are left.
 * @param {(key: string) => Promise<Answer>} once @param {{signal?: AbortSignal, waits?: (seconds: number) => void, key?: string}} [more]
 */
export async function patiently(once, more = {}) {
    const key = more.key ?? randomId();
    let answer = await once(key);
    for (let tries = 1; tries <= 5 && !answer.ok && passes(answer.problem); tries++) {
        const seconds = Math.min(30, Math.max(answer.problem.retry, 1 << (tries - 1)));
        for (let left = seconds; left > 0 && !more.signal?.aborted; left--) {
            more.waits?.(left);
            await pause(1000, more.signal);
        }
        if (more.signal?.aborted) break;
        answer = await once(key);
    }
    more.waits?.(0);
    return answer;
}

/** Start a task. @param {string} path @param {unknown} body @param {{signal?: AbortSignal, waits?: (seconds: number) => void, query?: Record<string, any>, form?: Record<string, any> | null, key?: string}} [more] */
export function start(path, body, more = {}) {
    const ask = (/** @type {string} */ key) =>
        send('POST', path, { body, query: more.query, form: more.form, headers: { 'Idempotency-Key': key }, signal: more.signal });
    return patiently(ask, more);
}
