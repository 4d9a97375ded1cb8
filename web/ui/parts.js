/* The parts that views are made of. */
import { attr, data, fill, h, put, visible } from './dom.js';
import { icon } from './icons.js';
import { hashOf } from '../js/router.js';
import { lang, t } from '../js/words.js';
import { may, session } from '../js/session.js';
import { get, passes } from '../js/api.js';
import { problemHeading, reason } from '../js/reasons.js';

/** @typedef {import('../js/api.js').Problem} Problem */

/** @param {string} scope */
function scopeWord(scope) {
    const words = { read: t('read'), start: t('start'), edit: t('edit'), cancel: t('right|cancel'), admin: t('admin') };
    return /** @type {Record<string, string>} */ (words)[scope] ?? scope;
}

/**
 * A button that says which right is missing instead of failing.
 * @param {string} label @param {() => void} act @param {{scope?: string, kind?: 'primary' | 'danger' | 'plain', describe?: string}} [more]
 */
export function button(label, act, more = {}) {
    const locked = more.scope !== undefined && !may(more.scope);
    const el = h(
        'button',
        { type: 'button', class: `button ${more.kind ?? ''}`, disabled: locked, onclick: act, 'aria-label': more.describe ?? null },
        locked && icon('lock'),
        label,
    );
    if (locked) put(el, h('span', { class: 'button-why' }, ` ${t('needs the right: {scope}', { scope: scopeWord(more.scope ?? '') })}`));
    return el;
}

/** @param {string} label @param {string} href @param {string} [kind] */
export function link(label, href, kind = '') {
    return h('a', { href, class: kind }, label);
}

/** To a component; its code is a text of the data. @param {string} lot @param {string} [label] */
export function lotLink(lot, label) {
    return h('a', { href: hashOf(['prices', lot]) }, label ?? data(lot));
}

/** @param {string | Node} title @param {...(Node | null | false)} actions */
export function heading(title, ...actions) {
    return h('div', { class: 'head' }, h('h1', { tabindex: '-1' }, title), h('div', { class: 'head-actions' }, actions));
}

let count = 0;
/** @param {string} prefix */
export function uniqueId(prefix) {
    count += 1;
    return `${prefix}-${count}`;
}

/** @typedef {{el: HTMLElement, control: any, fault: (text: string) => void}} Field */

/** A labelled control with room for its fault. @param {string} label @param {any} control @param {string} [help] @returns {Field} */
export function field(label, control, help) {
    const id = uniqueId('f');
    const about = h('div', { class: 'field-help', id: `${id}-help` }, help ?? '');
    const fault = h('div', { class: 'field-fault', id: `${id}-fault`, hidden: true });
    control.setAttribute('id', id);
    if (help) control.setAttribute('aria-describedby', `${id}-help`);
    const el = h('div', { class: 'field' }, h('label', { for: id }, label), control, help ? about : null, fault);
    return {
        el,
        control,
        fault(text) {
            fault.hidden = text === '';
            fill(fault, text);
            attr(control, 'aria-invalid', text ? 'true' : null);
            attr(control, 'aria-describedby', text ? `${id}-fault` : help ? `${id}-help` : null);
        },
    };
}

/** @param {[string, string][]} options value and label @param {string} value */
export function select(options, value) {
    const known = options.some(([one]) => one === value) ? options : [...options, /** @type {[string, string]} */ ([value, value])];
    return h(
        'select',
        null,
        known.map(([one, label]) => h('option', { value: one, selected: one === value }, visible(label))),
    );
}

/** @param {string} label @param {boolean} checked @param {(on: boolean) => void} change */
export function check(label, checked, change) {
    const box = h('input', { type: 'checkbox', checked });
    box.addEventListener('change', () => change(box.checked));
    return h('label', { class: 'check' }, box, h('span', null, label));
}

/** @param {string} tone @param {string} iconName @param {string} word */
export function mark(tone, iconName, word) {
    return h('span', { class: `mark tone-${tone}` }, icon(iconName), h('span', null, word));
}

/** @param {string} why @param {Node} [action] */
export function empty(why, action) {
    return h('div', { class: 'empty' }, h('p', null, why), action);
}

/** Grey bars after 200 ms, a word and a way out after five seconds. @param {Element} el @param {AbortSignal} signal @param {() => void} stop */
export function loading(el, signal, stop) {
    attr(el, 'aria-busy', 'true');
    const soon = setTimeout(
        () =>
            fill(
                el,
                h(
                    'div',
                    { class: 'bars' },
                    h('span', { class: 'spoken' }, t('Loading')),
                    Array.from({ length: 6 }, () => h('div', { class: 'bars-row' })),
                ),
            ),
        200,
    );
    const late = setTimeout(() => put(el, h('p', null, `${t('Still loading')} `, button(t('Stop waiting'), stop))), 5000);
    const done = () => (clearTimeout(soon), clearTimeout(late), attr(el, 'aria-busy', null));
    signal.addEventListener('abort', done);
    return done;
}

/** One line for each fault of the request. @param {Problem} problem @param {(pointer: string) => string} labelOf */
function faults(problem, labelOf) {
    return problem.errors.map((fault) => h('li', null, `${labelOf(fault.pointer)}: `, reason(fault.code, fault.args ?? {}, fault.detail)));
}

/** What is wrong, and the control that settles it. @param {Problem} problem @param {() => void} [again] @param {(pointer: string) => string} [labelOf] */
export function problemBox(problem, again, labelOf = (pointer) => pointer.replace(/^\//, '')) {
    const known = lang() === 'ru' ? null : problem.detail;
    const box = h('div', { class: 'problem', role: 'group', tabindex: '-1' }, h('h2', null, icon('failed'), problemHeading(problem.kind)));
    if (problem.kind === 'away') put(box, h('p', null, t('The server does not answer. What you typed stays here.')));
    else if (problem.errors.length) put(box, h('ul', null, faults(problem, labelOf)));
    else if (problem.kind === 'internal') put(box, h('p', null, t('Tell the administrator this number: {id}', { id: problem.id })));
    else if (problem.detail) put(box, h('p', { lang: known === null ? 'en' : null }, visible(problem.detail)));
    if (problem.kind === 'queue-full') put(box, link(t('Waiting tasks'), '#/tasks?state=waiting'));
    if (again && (passes(problem) || problem.kind === 'internal')) put(box, button(t('Try again'), again));
    return box;
}

/** A native dialog: Escape closes it and the focus goes back. @param {string} title @param {(close: () => void) => (Node | string)[]} make @param {{locked?: boolean}} [more] */
export function dialog(title, make, more = {}) {
    const back = document.activeElement;
    const id = uniqueId('dialog');
    const el = h('dialog', { class: 'dialog', 'aria-labelledby': id });
    const close = () => el.close();
    el.addEventListener('cancel', (event) => more.locked && event.preventDefault());
    el.addEventListener('close', () => {
        el.remove();
        if (back instanceof HTMLElement) back.focus();
    });
    put(el, h('h2', { id }, title), make(close));
    document.body.append(el);
    el.showModal();
    return { el, close };
}

/** The browser's own download of what was made here. @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
    const url = URL.createObjectURL(blob);
    h('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** A plain link; with a token the file is fetched with it. @param {string} label @param {string} path @param {string} [describe] */
export function download(label, path, describe) {
    const bare = path.replace(/^\//, '');
    if (!session()?.tokens_required) return h('a', { href: bare, class: 'button', download: '', 'aria-label': describe ?? null }, label);
    const act = async () => {
        const answer = await get(bare, {}, { blob: true, ms: 120000 });
        if (!answer.ok)
            return void dialog(problemHeading(answer.problem.kind), (close) => [problemBox(answer.problem), button(t('Close'), close)]);
        saveBlob(answer.data, /filename="?([^";]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'priceforge');
    };
    return button(label, act, { describe });
}
