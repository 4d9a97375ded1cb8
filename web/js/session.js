/* Who is here, what they may do, and the server's day and limits. */
import { get } from './api.js';
import { facts } from './store.js';

/** @returns {any} */
export function session() {
    return facts.get('session') ?? null;
}

/** @param {string} scope */
export function may(scope) {
    const scopes = session()?.scopes;
    return !scopes || scopes.includes(scope);
}

export function today() {
    return session()?.today ?? new Date().toISOString().slice(0, 10);
}

export function currency() {
    return session()?.base_currency ?? 'RUB';
}

export function uploadLimit() {
    return session()?.limits?.upload_bytes ?? 67108864;
}

export async function loadSession() {
    const answer = await get('api/session');
    if (answer.ok) facts.set('session', answer.data);
    return answer;
}
