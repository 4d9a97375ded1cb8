/* Language, scheme, keys, notices, and whose rights these are. All of it is kept in this browser. */
import { h, put } from '../ui/dom.js';
import { button, check, field, heading, select } from '../ui/parts.js';
import { changeSettings, keys, settings as kept, write } from '../js/kept.js';
import { session } from '../js/session.js';
import { hasToken, setToken } from '../js/api.js';
import { momentText } from '../ui/date.js';
import { t } from '../js/words.js';

export const settings = {
    path: 'settings',
    label: () => t('Settings'),
    title: () => t('Settings'),
    takes: (/** @type {string[]} */ parts) => parts[0] === 'settings',
    mount,
};

/** @param {string} name @param {[string, string][]} options @param {string} value @param {(value: string) => void} change */
function choice(name, options, value, change) {
    const control = select(options, value);
    control.addEventListener('change', () => change(control.value));
    return field(name, control).el;
}

/** @param {import('../js/main.js').Visit} visit */
function mount({ main }) {
    const reload = () => location.reload();
    const language = choice(
        t('Language'),
        [
            ['', t('as the browser')],
            ['en', 'English'],
            ['ru', 'Русский'],
        ],
        kept.lang,
        (lang) => (changeSettings({ lang }), reload()),
    );
    const scheme = choice(
        t('Colour scheme'),
        [
            ['', t('as the system')],
            ['light', t('light')],
            ['dark', t('dark')],
        ],
        kept.scheme,
        (value) => changeSettings({ scheme: value }),
    );
    const times = choice(
        t('Times'),
        [
            ['', t('local')],
            ['utc', 'UTC'],
        ],
        kept.utc ? 'utc' : '',
        (value) => changeSettings({ utc: value === 'utc' }),
    );
    put(
        main,
        heading(t('Settings')),
        h(
            'section',
            { class: 'block form' },
            language,
            scheme,
            times,
            check(t('Compact rows'), kept.compact, (compact) => changeSettings({ compact })),
            check(t('Single-key shortcuts'), kept.singleKeys, (singleKeys) => changeSettings({ singleKeys })),
            check(t('Keep notices until I close them'), kept.keepNotices, (keepNotices) => changeSettings({ keepNotices })),
            notices(),
        ),
        who(),
    );
}

/** Permission is asked for by a button, never at load. */
function notices() {
    if (typeof Notification !== 'function' || Notification.permission === 'granted') return null;
    return button(t('Allow browser notices'), () => Notification.requestPermission());
}

function who() {
    const now = session();
    const rights = { read: t('read'), start: t('start'), edit: t('edit'), cancel: t('right|cancel'), admin: t('admin') };
    const names = (now?.scopes ?? [])
        .map((/** @type {string} */ scope) => /** @type {Record<string, string>} */ (rights)[scope] ?? scope)
        .join(', ');
    const forget = () => {
        for (const key of keys('pf.')) write(key, null);
        setToken('', false);
        location.reload();
    };
    return h(
        'section',
        { class: 'block' },
        h('h2', null, t('Rights')),
        now && h('p', null, `${now.token?.name ?? now.client}: ${names}`),
        now?.token?.expires_at && h('p', null, t('The token is valid until {time}.', { time: momentText(now.token.expires_at) })),
        hasToken() && button(t('Sign out'), () => (setToken('', false), location.reload())),
        h('p', null, button(t('Forget what is kept here'), forget)),
    );
}
