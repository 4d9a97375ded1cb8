/* The whole window takes files; an overlay says so. The button does the same by keyboard. */
import { h, show } from './dom.js';
import { t } from '../js/words.js';

/** @param {(files: Iterable<File>) => void} take @param {AbortSignal} signal */
export function dropZone(take, signal) {
    const input = h('input', {
        type: 'file',
        multiple: true,
        accept: '.xlsx,.mxl,.csv',
        class: 'spoken',
        tabindex: '-1',
        'aria-hidden': 'true',
    });
    const pick = h('button', { type: 'button', class: 'button primary', onclick: () => input.click() }, t('Choose files'));
    const over = h(
        'div',
        { class: 'drop-over', hidden: true },
        h('p', null, t('Drop the files: each is checked first, nothing is written.')),
    );
    input.addEventListener('change', () => {
        take([...(input.files ?? [])]);
        input.value = '';
    });
    const hasFiles = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
    addEventListener('dragover', (event) => hasFiles(event) && (event.preventDefault(), show(over, true)), { signal });
    addEventListener('dragleave', (event) => event.relatedTarget === null && show(over, false), { signal });
    addEventListener(
        'drop',
        (event) => {
            show(over, false);
            if (!hasFiles(event)) return;
            event.preventDefault();
            take([...(event.dataTransfer?.files ?? [])]);
        },
        { signal },
    );
    addEventListener('paste', (event) => event.clipboardData?.files.length && take([...event.clipboardData.files]), { signal });
    const el = h(
        'div',
        { class: 'drop' },
        h('p', { class: 'drop-words' }, t('Drop files here'), ' ', h('span', { class: 'drop-kinds' }, '.xlsx .mxl .csv')),
        pick,
        input,
        over,
    );
    return { el, pick };
}
