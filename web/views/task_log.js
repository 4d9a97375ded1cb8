/* The log of a task: it follows while the task runs, by offset, so that nothing is read twice. */
import { fill, h, put, visible } from '../ui/dom.js';
import { button, problemBox } from '../ui/parts.js';
import { get } from '../js/api.js';
import { repeat } from '../js/clock.js';
import { t } from '../js/words.js';

const MOST = 2000;

/** @param {any} task @param {AbortSignal} signal */
export function logBlock(task, signal) {
    const lines = h('pre', { class: 'log', tabindex: '0', role: 'region', 'aria-label': t('Log'), lang: 'en' });
    const fault = h('div', null);
    const copy = button(t('Copy'), () => navigator.clipboard?.writeText(lines.textContent ?? ''));
    let after = 0;
    const read = async () => {
        const answer = await get(`api/tasks/${task.id}/log`, { after }, { signal, text: true });
        if (signal.aborted) return answer;
        fill(fault, answer.ok || answer.problem.kind === 'away' ? '' : problemBox(answer.problem));
        if (answer.ok && answer.data) {
            after = parseInt(answer.headers.get('Log-Offset') ?? '0', 10);
            for (const line of answer.data.split('\n').filter(Boolean)) put(lines, h('span', null, `${visible(line)}\n`));
            while (lines.childElementCount > MOST) lines.firstElementChild?.remove();
            lines.scrollTop = lines.scrollHeight;
        }
        return answer;
    };
    if (task.status === 'running') repeat(2000, read, signal);
    else read();
    return h(
        'section',
        { class: 'block' },
        h('div', { class: 'block-head' }, h('h2', null, t('Log')), navigator.clipboard && copy),
        fault,
        lines,
    );
}
