/* Sending a file. XMLHttpRequest alone tells how much of it has left. */
import { address, failed, patiently, problemOf, withToken } from './api.js';

/**
 * @param {string} path @param {Record<string, any>} query @param {Blob} file
 * @param {{signal: AbortSignal, progress: (part: number) => void, waits?: (seconds: number) => void}} more
 */
export function upload(path, query, file, more) {
    return patiently((key) => once(address(path, query), file, key, more), more);
}

/** @param {string} url @param {Blob} file @param {string} key @param {{signal: AbortSignal, progress: (part: number) => void}} more @returns {Promise<import('./api.js').Answer>} */
function once(url, file, key, more) {
    return new Promise((resolve) => {
        const request = new XMLHttpRequest();
        const problem = (/** @type {string} */ kind) =>
            resolve(failed({ kind, status: 0, title: '', detail: '', errors: [], retry: 0, id: '' }));
        request.open('POST', url);
        const headers = withToken({ 'Idempotency-Key': key, 'Content-Type': 'application/octet-stream' });
        for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
        request.upload.addEventListener('progress', (event) => {
            if (event.lengthComputable && event.total > 0) more.progress(event.loaded / event.total);
        });
        request.addEventListener('load', () => resolve(answerOf(request)));
        request.addEventListener('error', () => problem('away'));
        request.addEventListener('abort', () => problem('left'));
        more.signal.addEventListener('abort', () => request.abort(), { once: true });
        if (more.signal.aborted) problem('left');
        else request.send(file);
    });
}

/** @param {XMLHttpRequest} request @returns {import('./api.js').Answer} */
function answerOf(request) {
    const { status, responseText } = request;
    if (status < 200 || status >= 300) return failed(problemOf(status, responseText, (name) => request.getResponseHeader(name)));
    const answer = failed({ kind: '', status, title: '', detail: '', errors: [], retry: 0, id: '' });
    return { ...answer, ok: true, data: JSON.parse(responseText) };
}
