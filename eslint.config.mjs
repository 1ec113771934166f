import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

/** These rooms run in workers, the CLI and tests as well, so none of them may know VS Code. */
const HEADLESS_ROOMS = [
  'src/shared',
  'src/tokenizer',
  'src/onnx',
  'src/model',
  'src/engine',
  'src/prediction',
]

/** @param {string[]} groups @param {string} message @returns {import('eslint').Linter.RulesRecord} */
const forbid = (groups, message) => ({
  'no-restricted-imports': ['error', { patterns: [{ group: groups, message }] }],
})

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', '.cache/', 'sample/', 'test/companion/freezer/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['scripts/**/*.mjs', 'eslint.config.mjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    files: HEADLESS_ROOMS.map((room) => `${room}/**/*.ts`),
    rules: forbid(
      ['vscode', '**/views/**', '**/editor/**'],
      'This room is shared with the CLI and the workers.',
    ),
  },
  {
    files: ['src/shared/**/*.ts'],
    rules: forbid(['vscode', 'node:*', '../*'], 'src/shared imports nothing but itself.'),
  },
  {
    files: ['src/views/**/*.ts', 'src/editor/**/*.ts'],
    rules: forbid(
      ['**/engine/**', '**/onnx/**'],
      'A view asks PredictionService, never the engine. It may look at model files.',
    ),
  },
)
