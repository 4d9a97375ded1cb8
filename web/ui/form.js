/* A dialog with fields: every fault of the answer stands at its field and in a summary with jumps; what was typed stays. */
import { fill, h, put } from './dom.js';
import { button, dialog, problemBox } from './parts.js';
import { reason } from '../js/reasons.js';
import { t } from '../js/words.js';

/** @typedef {import('./parts.js').Field} Field */
/** @typedef {import('../js/api.js').Answer} Answer */

/**
 * The faults of a request, at their fields; the rest in the summary. @param {Element} summary @param {import('../js/api.js').Problem} problem
 * @param {Record<string, Field>} fields by name @param {() => void} [again]
 */
export function showFaults(summary, problem, fields, again) {
    for (const one of Object.values(fields)) one.fault('');
    const nameOf = (/** @type {string} */ pointer) => pointer.replace(/^\//, '').split('/')[0];
    for (const fault of problem.errors)
        fields[nameOf(fault.pointer)]?.fault(reason(fault.code, fault.args ?? {}, fault.detail).textContent ?? '');
    const labelOf = (/** @type {string} */ pointer) =>
        fields[nameOf(pointer)]?.el.querySelector('label, legend')?.textContent ?? nameOf(pointer);
    const box = problemBox(problem, again, labelOf);
    fill(summary, box);
    for (const [i, li] of [...box.querySelectorAll('li')].entries()) {
        const at = fields[nameOf(problem.errors[i].pointer)];
        if (at)
            put(
                li,
                ' ',
                button(t('Go there'), () => at.control.focus(), { kind: 'plain' }),
            );
    }
    box.focus();
}

/**
 * @param {{title: string, about?: (Node | string)[], fields: Record<string, Field>, act: string, send: () => Promise<Answer | null>, done: (answer: Answer) => void,
 *     refused?: (problem: import('../js/api.js').Problem, close: () => void) => boolean}} options
 * `send` answers null if it has put a fault at a field itself; `refused` answers true if it has dealt with the problem
 */
export function formDialog(options) {
    const summary = h('div', null);
    const opened = dialog(options.title, (close) => {
        const submit = button(options.act, () => {}, { kind: 'primary' });
        submit.setAttribute('type', 'submit');
        const form = h(
            'form',
            { class: 'form' },
            summary,
            options.about ?? [],
            Object.values(options.fields).map((one) => one.el),
            h('div', { class: 'row' }, submit, button(t('Cancel'), close)),
        );
        const act = async () => {
            submit.disabled = true;
            const answer = await options.send();
            submit.disabled = false;
            if (!answer) return;
            if (answer.ok) {
                close();
                options.done(answer);
            } else if (!options.refused?.(answer.problem, close)) showFaults(summary, answer.problem, options.fields, act);
        };
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            act();
        });
        form.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                form.requestSubmit();
            }
        });
        return [form];
    });
    const first = Object.values(options.fields)[0]?.control;
    if (first instanceof HTMLElement) first.focus();
    return opened;
}
