/* Taking an import back: what it will do, in numbers, and then the task. */
import { fill, h } from '../ui/dom.js';
import { button, dialog, link, problemBox } from '../ui/parts.js';
import { int } from '../ui/number.js';
import { begin } from '../js/mine.js';
import { go } from '../js/router.js';
import { t } from '../js/words.js';

/** @param {'stock' | 'quotes'} kind @param {any} counts of the import */
function effect(kind, counts) {
    const n = (/** @type {number | undefined} */ value) => int(value ?? 0);
    if (kind === 'quotes')
        return t('Its quotes no longer count ({n}), those it replaced count again ({gone}).', {
            n: n(counts.inserted),
            gone: n((counts.superseded ?? 0) + (counts.replaced ?? 0)),
        });
    return t('Added rows go ({n}), changed ones get their old values ({changed}), deleted ones come back ({gone}).', {
        n: n(counts.inserted),
        changed: n(counts.updated),
        gone: n(counts.deleted),
    });
}

/**
 * @param {'stock' | 'quotes'} kind @param {number} id of the import @param {any} counts @param {string} file @param {HTMLElement} fault
 * @param {(task: string) => void} [started]
 */
export function askUndo(kind, id, counts, file, fault, started) {
    const act = async (/** @type {() => void} */ close) => {
        close();
        const answer = await begin(`api/${kind}/imports/${id}/undo`, {}, `${kind}_undo`, file);
        if (!answer.ok)
            return void fill(
                fault,
                problemBox(answer.problem),
                link(t('Import history'), kind === 'quotes' ? '#/stock/imports/quotes' : '#/stock/imports'),
            );
        if (started) started(answer.data.task_id);
        else go(['tasks', answer.data.task_id]);
    };
    const undone = counts.effect === 'undo';
    dialog(undone ? t('Make this import again?') : t('Undo this import?'), (close) => [
        h('p', null, undone ? t('Everything becomes as the import had made it.') : effect(kind, counts)),
        h(
            'div',
            { class: 'row' },
            button(undone ? t('Yes, make it again') : t('Yes, undo it'), () => act(close), { kind: 'primary' }),
            button(t('Cancel'), close),
        ),
    ]);
}
