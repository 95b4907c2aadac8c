import tseslint from 'typescript-eslint';

/** Data tables may be long; code may not. */
const size = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'max-depth': ['error', 3],
  'max-params': ['error', 4],
  complexity: ['error', 12],
};

/** Written as carefully as the product: whoever reads a failing test reads them as well. */
const doubles = ['test/simulator/**/*.ts', 'test/demo/**/*.ts', 'test/bench/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist', 'build', 'coverage', 'node_modules'] },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}', ...doubles],
    rules: {
      ...size,
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'Take the time from the injected Clock.',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use the injected Clock.' },
        { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Inject it.' },
        {
          selector: "MemberExpression[object.object.name='process'][object.property.name='env']",
          message: 'Only config/env.ts reads process variables.',
        },
        {
          selector: "CallExpression[callee.property.name='cork']",
          message: 'Node.js 22 loses what a response holds when it ends: hold the text, as http/stream/sse.ts does.',
        },
      ],
    },
  },
  {
    files: ['src/main.ts', 'src/config/clock.ts', 'src/config/env.ts', 'src/telemetry/**', 'src/cli/**', ...doubles],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  // A browser has one clock.
  { files: ['src/page/parts.tsx'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['test/**/*.ts', 'vitest.config.ts'],
    ignores: doubles,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-exports': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['test/**/*.test.ts', 'test/contract/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:timers/promises', message: 'No sleeps: wait with `eventually`, or move a clock.' }] },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^(setTimeout|setInterval)$/]',
          message: 'No sleeps: wait with `eventually`, or move a clock.',
        },
        {
          selector: "MemberExpression[object.name='performance'][property.name='now']",
          message: 'What took how long depends on the machine: count, move a clock, or use test/support/measure.ts.',
        },
        {
          selector: 'MemberExpression[object.name=/^(vi|expect)$/][property.name=/^(waitFor|waitUntil|poll)$/]',
          message: 'Its limit is a second: use `eventually`.',
        },
        {
          selector: "Property[key.name='timeout'][value.type='Literal'][value.value>=1000]",
          message: 'One limit for all tests: test/support/limits.ts.',
        },
        {
          selector:
            'CallExpression[callee.name=/^(it|describe|beforeAll|beforeEach|afterAll|afterEach)$/] > Literal:last-child[raw=/^[0-9_]+$/]',
          message: 'One limit for all tests: test/support/limits.ts.',
        },
      ],
    },
  },
);
