/* The page begins here: language, shell, clock, and the view that the hash names. */
import { fill } from '../ui/dom.js';
import { parse } from './router.js';
import { facts } from './store.js';
import { get } from './api.js';
import { loadSession } from './session.js';
import { nameView, shell } from './shell.js';
import { repeat, startClock, wake } from './clock.js';
import { findLostStarts, mine } from './mine.js';
import { startKeys } from './keys.js';
import { tellEnded } from './toast.js';
import { takeLanguage, t } from './words.js';
import { watchToken } from './signin.js';
import { missing, views } from './views.js';

/** @typedef {{parts: string[], query: Record<string, string>, signal: AbortSignal, main: HTMLElement, again: () => void}} Visit */

const app = /** @type {HTMLElement} */ (document.querySelector('.app'));
let drawn = new AbortController();
let visit = new AbortController();
/** @type {ReturnType<typeof shell>} */
let around;
/** @type {Map<string, number>} */
const scrolls = new Map();
let shownHash = '';

function entries() {
    return views
        .filter((view) => view.label !== undefined)
        .map((view) => ({ path: view.path, label: view.label ?? (() => ''), badge: view.badge, rail: view.rail }));
}

function redraw() {
    drawn.abort();
    drawn = new AbortController();
    takeLanguage();
    around = shell(entries(), redraw, drawn.signal);
    fill(app, around.el);
    watchToken(redraw, drawn.signal);
    route();
}

function route() {
    const place = parse(location.hash);
    if (!place) return;
    scrolls.set(shownHash, scrollY);
    if (scrolls.size > 50) scrolls.delete(scrolls.keys().next().value ?? '');
    shownHash = location.hash;
    visit.abort();
    visit = new AbortController();
    const found = views.find((view) => view.takes(place.parts)) ?? missing;
    around.mark(found.under ?? found.path);
    fill(around.main);
    found.mount({ ...place, signal: visit.signal, main: around.main, again: route });
    nameView(around.main, found.title?.() ?? '');
    scrollTo(0, scrolls.get(shownHash) ?? 0);
}

async function counts() {
    const answer = await get('api/tasks/summary');
    if (answer.ok) facts.set('summary', answer.data);
    return answer;
}

async function newBuild() {
    const answer = await get('version');
    if (answer.ok) facts.set('build', answer.data.console ?? null);
    return answer;
}

async function begin() {
    takeLanguage();
    await loadSession();
    redraw();
    startKeys(views.filter((view) => view.label !== undefined).map((view) => view.path));
    const always = new AbortController();
    startClock(() => Object.keys(mine()), tellEnded);
    repeat(10000, counts, always.signal);
    repeat(300000, newBuild, always.signal, 60000);
    addEventListener('hashchange', route);
    addEventListener('storage', (event) => event.key === 'pf.mine' && wake());
    findLostStarts();
}

begin().catch((error) => {
    app.textContent = t('The page could not start: {error}', { error: String(error) });
});
