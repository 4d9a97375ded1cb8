/* Before the first paint: the scheme and the language that were chosen here. */
(function () {
    'use strict';
    var root = document.documentElement;
    try {
        var kept = JSON.parse(localStorage.getItem('pf.settings') || '{}');
        if (kept.scheme === 'light' || kept.scheme === 'dark') root.dataset.theme = kept.scheme;
        root.lang = kept.lang || (/^ru/i.test(navigator.language) ? 'ru' : 'en');
        if (kept.compact) root.dataset.rows = 'compact';
    } catch (_) {
        root.lang = /^ru/i.test(navigator.language) ? 'ru' : 'en';
    }
})();
