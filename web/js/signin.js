/* The dialog over the view that a 401 opens. The token stays in memory, or in this tab's storage on wish; never in an address. */
import { h } from '../ui/dom.js';
import { button, check, dialog, field } from '../ui/parts.js';
import { facts } from './store.js';
import { setToken } from './api.js';
import { pauseClock } from './clock.js';
import { loadSession } from './session.js';
import { t } from './words.js';

let open = false;

/** @param {() => void} redraw @param {AbortSignal} signal */
export function watchToken(redraw, signal) {
    const look = (/** @type {any} */ value) => value?.asked && !open && ask(redraw);
    facts.watch('token', look, signal);
    look(facts.get('token')); // the first answer may have come before anybody watched
}

/** @param {() => void} redraw */
function ask(redraw) {
    open = true;
    pauseClock(true);
    const input = h('input', { type: 'password', name: 'token', autocomplete: 'off', spellcheck: 'false', required: true });
    const entry = field(t('Token'), input, t('The administrator makes it by: priceforge token add NAME'));
    let keep = false;
    const form = h(
        'form',
        { class: 'form', method: 'dialog' },
        entry.el,
        check(t('Remember until the tab is closed'), false, (on) => (keep = on)),
        button(t('Continue'), () => form.requestSubmit(), { kind: 'primary' }),
    );
    const shown = dialog(t('Sign in'), () => [form], { locked: true });
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        setToken(input.value.trim(), keep);
        const answer = await loadSession();
        if (answer.status === 401) {
            entry.fault(t('This token is unknown, has expired or was revoked.'));
            input.focus();
            return;
        }
        open = false;
        facts.set('token', { asked: false });
        shown.close();
        pauseClock(false);
        redraw();
    });
}
