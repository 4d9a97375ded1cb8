/* Notices of ended tasks: each once in the whole browser, on whatever view, also after a reload or a restart of the daemon. */
import { attr, fill, h, put, say, text } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { moment } from '../ui/date.js';
import { claim, dropMine, mine } from './mine.js';
import { facts, tasks } from './store.js';
import { get } from './api.js';
import { read, settings, write } from './kept.js';
import { ending } from './tasktext.js';
import { t } from './words.js';

const SHOWN_MS = 8000;
const KEPT_MS = 7 * 86400000;
const KEPT_MOST = 200;
const VISIBLE = 3;
const HIDDEN_WAIT_MS = 2000;

/** @typedef {{tone: string, text: (string | Node)[], href?: string, action?: string}} Notice */

const stack = h('section', { class: 'toasts', 'aria-label': t('Notices') });
const more = h('div', { class: 'toasts-more' });
/** @type {Set<string>} claimed or being claimed here */
const taken = new Set();

export function toastStack() {
    return put(fill(stack), more);
}

/** @param {Notice} notice @param {string} words */
function speak(notice, words) {
    say(words, notice.tone === 'ok' || notice.tone === 'muted' ? 'status' : 'alert');
}

/** @param {string} tone */
function markOf(tone) {
    const marks = {
        ok: ['done', t('Done')],
        part: ['part', t('Partly done')],
        bad: ['failed', t('Failed')],
        question: ['question', t('Needs your choice')],
    };
    const [name, word] = /** @type {Record<string, string[]>} */ (marks)[tone] ?? ['close', t('Stopped')];
    return h('span', { class: `toast-mark tone-${tone}` }, icon(name), h('span', { class: 'spoken' }, word));
}

/** The clock of a toast stands while it is looked at. @param {HTMLElement} el @param {() => void} close */
function fade(el, close) {
    let left = SHOWN_MS;
    const step = () => {
        if (!el.isConnected) return;
        const looked = el.matches(':hover') || stack.contains(document.activeElement) || document.hidden || settings.keepNotices;
        if (!looked) left -= 500;
        if (left <= 0) close();
        else setTimeout(step, 500);
    };
    setTimeout(step, 500);
}

function arrange() {
    const all = [...stack.querySelectorAll('.toast')];
    const hiddenOnes = all.length - VISIBLE;
    all.forEach((el, i) => attr(el, 'hidden', i < hiddenOnes ? '' : null));
    text(more, hiddenOnes > 0 ? `+${hiddenOnes}` : '');
}

/** @param {Notice} notice */
export function toast(notice) {
    const close = () => (el.remove(), arrange());
    const said = h('div', { class: 'toast-text' }, notice.text);
    const el = h(
        'div',
        { class: `toast tone-${notice.tone}` },
        markOf(notice.tone),
        said,
        notice.href && h('a', { href: notice.href, class: 'toast-action', onclick: close }, notice.action ?? t('Open')),
        h('button', { type: 'button', class: 'toast-close', 'aria-label': t('Close'), onclick: close }, icon('close')),
    );
    stack.append(el);
    arrange();
    speak(notice, said.textContent ?? '');
    if (notice.tone === 'ok' || notice.tone === 'muted') fade(el, close);
}

export function focusNewest() {
    const all = stack.querySelectorAll('.toast:not([hidden]) a, .toast:not([hidden]) button');
    const last = [...stack.querySelectorAll('.toast:not([hidden])')].pop();
    const control = last?.querySelector('a, button') ?? all[0];
    if (control instanceof HTMLElement) control.focus();
}

/* ---- what is kept ---- */

/** @returns {{id: string, at: number}[]} newest first */
export function notices() {
    return read('pf.notices', /** @type {{id: string, at: number}[]} */ ([])).filter((one) => Date.now() - one.at < KEPT_MS);
}

/** @param {string} id */
function keepNotice(id) {
    const kept = [{ id, at: Date.now() }, ...notices().filter((one) => one.id !== id)].slice(0, KEPT_MOST);
    write('pf.notices', kept);
    facts.set('notices', { unread: (facts.get('notices')?.unread ?? 0) + 1 });
}

/** The bell's list. @param {HTMLElement} el */
export async function fillNotices(el) {
    facts.set('notices', { unread: 0 });
    const kept = notices().slice(0, 30);
    if (!kept.length) return void fill(el, h('p', null, t('No notices.')));
    const unknown = kept.filter((one) => !tasks.get(one.id)).map((one) => one.id);
    if (unknown.length) {
        const answer = await get('api/tasks', { ids: unknown.join(','), view: 'full', limit: 50 });
        if (answer.ok) for (const task of answer.data.tasks) tasks.set(task.id, task);
    }
    const items = kept.map((one) => {
        const task = tasks.get(one.id);
        if (!task) return h('li', null, t('A task that is no longer kept.'));
        const end = ending(task);
        return h('li', null, markOf(end.tone), ' ', h('a', { href: end.href }, end.text), ' ', moment(task.done_at));
    });
    fill(el, h('ul', { class: 'notices-list' }, items));
}

/* ---- from the polls ---- */

/** A visible tab claims at once, a hidden one gives the others two seconds. @param {string} id */
async function claimHere(id) {
    if (taken.has(id)) return false;
    taken.add(id);
    if (taken.size > 500) taken.delete(taken.values().next().value ?? '');
    if (document.hidden) {
        await new Promise((resolve) => setTimeout(resolve, HIDDEN_WAIT_MS));
        if (document.hidden) await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    }
    return claim(id);
}

/** @param {any} task */
function notify(task) {
    const end = ending(task);
    toast(end);
    if (!document.hidden || typeof Notification !== 'function' || Notification.permission !== 'granted') return;
    new Notification('priceforge', { body: h('p', null, end.text).textContent ?? '', tag: task.id });
}

/** @param {any[]} ended @param {string[]} missing */
export async function tellEnded(ended, missing) {
    const own = mine();
    const won = [];
    for (const task of ended) {
        if (!own[task.id]) continue;
        if (await claimHere(task.id)) {
            won.push(task);
            keepNotice(task.id);
        }
        dropMine(task.id);
    }
    for (const id of missing) dropMine(id);
    const single = won.length > 3 ? [] : won;
    for (const task of single) notify(task);
    if (won.length > 3)
        toast({
            tone: won.some((task) => task.status === 'error') ? 'bad' : 'ok',
            text: [t('Tasks that ended while you were away: {n}.', { n: won.length })],
            href: '#/tasks',
            action: t('Look'),
        });
}
