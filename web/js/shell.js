/* What is around every view: rail, search, state of the link, running tasks, notices, language. */
import { attr, h, put, show, text } from '../ui/dom.js';
import { icon } from '../ui/icons.js';
import { momentText } from '../ui/date.js';
import { lookup } from '../ui/lookup.js';
import { button, dialog } from '../ui/parts.js';
import { facts } from './store.js';
import { t, lang } from './words.js';
import { changeSettings } from './kept.js';
import { tryNow } from './clock.js';
import { fillNotices, toastStack } from './toast.js';
import { go } from './router.js';

/** @typedef {{path: string, label: () => string, badge?: string, rail?: boolean}} Entry */

/** @param {Entry[]} entries @param {() => void} redraw @param {AbortSignal} signal */
export function shell(entries, redraw, signal) {
    const main = h('main', { class: 'main', tabindex: '-1' });
    const rail = h(
        'nav',
        { class: 'rail', 'aria-label': t('Views') },
        entries.map((entry) => railLink(entry, signal)),
    );
    const skip = h('button', { type: 'button', class: 'skip', onclick: () => main.focus() }, t('To the content'));
    const el = h(
        'div',
        { class: 'shell' },
        skip,
        header(
            redraw,
            signal,
            entries.some((entry) => entry.path === 'prices'),
        ),
        awayBar(signal),
        newBuildBar(signal),
        h('div', { class: 'body' }, rail, main),
        toastStack(),
    );
    const mark = (/** @type {string} */ path) => {
        for (const a of rail.querySelectorAll('a')) attr(a, 'aria-current', a.getAttribute('href') === `#/${path}` ? 'page' : null);
    };
    put(rail, moreButton(entries));
    return { el, main, mark };
}

/** @param {Entry} entry @param {AbortSignal} signal */
function railLink(entry, signal) {
    const badge = h('span', { class: 'badge', hidden: true });
    const a = h('a', { href: `#/${entry.path}`, class: entry.rail ? 'rail-first' : '' }, h('span', null, entry.label()), badge);
    if (!entry.badge) return a;
    const tell = (/** @type {any} */ counts) => {
        const n = counts?.attention?.[entry.badge ?? ''] ?? 0;
        text(badge, n >= (counts?.attention?.at_most ?? 1000) ? `${n}+` : String(n));
        show(badge, n > 0);
    };
    facts.watch('summary', tell, signal);
    tell(facts.get('summary'));
    return a;
}

/** On a phone the bar holds four views and this. @param {Entry[]} entries */
function moreButton(entries) {
    const open = () =>
        dialog(t('More'), (close) => [
            h(
                'ul',
                { class: 'more-list' },
                entries
                    .filter((entry) => !entry.rail)
                    .map((entry) => h('li', null, h('a', { href: `#/${entry.path}`, onclick: close }, entry.label()))),
            ),
            button(t('Close'), close),
        ]);
    return h('button', { type: 'button', class: 'rail-more', onclick: open }, t('More'));
}

/** @param {() => void} redraw @param {AbortSignal} signal @param {boolean} searchable */
function header(redraw, signal, searchable) {
    const find = lookup({
        label: t('Find lot or part number'),
        name: 'find',
        signal,
        choose: (component) => go(['prices', component.lot_code]),
        enter: (q, only) => (only ? go(['prices', only.lot_code]) : go(['prices'], { q })),
    });
    const form = h('div', { class: 'shell-find', role: 'search', hidden: !searchable }, icon('find'), find.el);
    const running = h('a', { href: '#/tasks', class: 'shell-running' });
    const tell = (/** @type {any} */ counts) => {
        const n = counts?.total?.running ?? 0;
        text(running, n ? t('running: {n}', { n }) : '');
        show(running, n > 0);
    };
    facts.watch('summary', tell, signal);
    tell(facts.get('summary'));
    return h(
        'header',
        { class: 'top' },
        h('a', { href: '#/', class: 'brand' }, 'priceforge'),
        form,
        running,
        bell(signal),
        languages(redraw),
    );
}

/** @param {AbortSignal} signal */
function bell(signal) {
    const count = h('span', { class: 'badge', hidden: true });
    const el = h(
        'button',
        { type: 'button', class: 'bell', onclick: openNotices },
        icon('bell'),
        h('span', { class: 'spoken' }, t('Notices'), ' '),
        count,
    );
    facts.watch(
        'notices',
        (value) => {
            text(count, String(value.unread));
            show(count, value.unread > 0);
        },
        signal,
    );
    return el;
}

function openNotices() {
    const inside = h('div', { class: 'notices' });
    const opened = dialog(t('Notices'), (close) => [inside, button(t('Close'), close)]);
    inside.addEventListener('click', (event) => event.target instanceof Element && event.target.closest('a') && opened.close());
    fillNotices(inside);
}

/** @param {() => void} redraw */
function languages(redraw) {
    const one = (/** @type {'en' | 'ru'} */ name, /** @type {string} */ label) =>
        h(
            'button',
            {
                type: 'button',
                lang: name,
                title: label,
                'aria-pressed': String(lang() === name),
                onclick: () => (changeSettings({ lang: name }), redraw()),
            },
            name.toUpperCase(),
        );
    return h('div', { class: 'languages', role: 'group', 'aria-label': t('Language') }, one('en', 'English'), one('ru', 'Русский'));
}

/** @param {AbortSignal} signal */
function awayBar(signal) {
    const words = h('span', null);
    const el = h('div', { class: 'away', role: 'status', hidden: true }, icon('failed'), words, button(t('Try now'), tryNow));
    let timer = setInterval(() => {}, 1 << 30);
    const tell = (/** @type {any} */ away) => {
        clearInterval(timer);
        show(el, away !== null && away !== undefined);
        if (!away) return;
        const say = () =>
            text(
                words,
                t('No connection to the server. Shown as of {time}. Next try in {n} s.', {
                    time: momentText(new Date(away.since).toISOString()),
                    n: Math.max(0, Math.ceil((away.next - Date.now()) / 1000)),
                }),
            );
        say();
        timer = setInterval(say, 1000);
    };
    facts.watch('away', tell, signal);
    signal.addEventListener('abort', () => clearInterval(timer));
    tell(facts.get('away'));
    return el;
}

/** @param {AbortSignal} signal */
function newBuildBar(signal) {
    const el = h(
        'div',
        { class: 'away new-build', role: 'status', hidden: true },
        t('A new version is installed.'),
        ' ',
        button(t('Reload'), () => location.reload()),
    );
    facts.watch('build', (build) => show(el, build !== null && build !== pageBuild()), signal);
    return el;
}

export function pageBuild() {
    return document.querySelector('meta[name="build"]')?.getAttribute('content') ?? '';
}

/** @param {HTMLElement} main @param {string} title */
export function nameView(main, title) {
    document.title = title ? `${title} – priceforge` : 'priceforge';
    const h1 = main.querySelector('h1');
    if (h1) h1.focus({ preventScroll: true });
}
