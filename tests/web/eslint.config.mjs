/* What no file of the console may do. Types are checked by tsc. */
const sinks = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'writeln', 'srcdoc'].map((name) => ({
    selector: `MemberExpression[property.name='${name}'][object.name!='own']`,
    message: `no ${name}: texts are text nodes`,
}));
const floats = [
    { selector: "CallExpression[callee.name='parseFloat']", message: 'decimal texts stay texts' },
    { selector: "CallExpression[callee.name='Number']", message: 'decimal texts stay texts' },
];

export default [
    {
        files: ['**/*.js'],
        languageOptions: { ecmaVersion: 2022, sourceType: 'module' },
        rules: {
            'no-eval': 'error',
            'no-implied-eval': 'error',
            'no-new-func': 'error',
            'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
            'no-var': 'error',
            'prefer-const': 'error',
            eqeqeq: 'error',
            'no-restricted-syntax': ['error', ...sinks, ...floats],
            'max-lines': ['error', 300],
        },
    },
    { files: ['**/js/boot.js'], languageOptions: { sourceType: 'script' }, rules: { 'no-var': 'off' } },
    { files: ['**/js/ru.js'], rules: { 'max-lines': ['error', 1200] } },
    { files: ['**/ui/plot.js', '**/ui/histogram.js'], rules: { 'no-restricted-syntax': ['error', ...sinks] } },
];
