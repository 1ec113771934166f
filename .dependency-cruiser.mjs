// The layers of the code: the folders that each folder may import. ARCHITECTURE.md has the same as a map;
// scripts/folders.mjs finds circles of folders.

/**
 * The folders of `src`, each with the other folders it may import. A folder may always import itself; a path stands
 * for everything below it. Packages and Node's modules are not listed here.
 *
 * @type {Record<string, readonly string[]>}
 */
const MAY_IMPORT = {
  'src/cli': ['src/prediction', 'src/engine', 'src/check', 'src/files', 'src/model', 'src/shared'],
  'src/features': ['src/editor', 'src/prediction', 'src/check', 'src/files', 'src/model', 'src/shared'],
  'src/editor': ['src/engine/contract', 'src/prediction', 'src/model', 'src/shared'],
  'src/companion': ['src/engine', 'src/model', 'src/shared'],
  'src/engine': ['src/model', 'src/tokenizer', 'src/shared'],
  'src/prediction': ['src/tokenizer', 'src/shared'],
  'src/check': ['src/files', 'src/shared'],
  'src/files': ['src/model', 'src/shared'],
  'src/model': ['src/onnx', 'src/shared'],
  'src/tokenizer': ['src/shared'],
  'src/onnx': ['src/shared'],
  'src/shared': [],
  webview: ['src/shared'],

  'src/engine/client': ['src/engine/contract', 'src/model', 'src/tokenizer', 'src/shared'],
  'src/engine/worker': [
    'src/engine/inference',
    'src/engine/generation',
    'src/engine/cache',
    'src/engine/runtime',
    'src/engine/contract',
    'src/model',
    'src/tokenizer',
    'src/shared',
  ],
  'src/engine/inference': [
    'src/engine/cache',
    'src/engine/runtime',
    'src/engine/contract',
    'src/model',
    'src/tokenizer',
    'src/shared',
  ],
  'src/engine/generation': ['src/engine/cache', 'src/model', 'src/tokenizer', 'src/shared'],
  'src/engine/cache': ['src/engine/runtime', 'src/model', 'src/shared'],
  'src/engine/runtime': ['src/model', 'src/shared'],
  'src/engine/contract': ['src/model', 'src/shared'],

  'src/prediction/report': ['src/tokenizer', 'src/shared'],

  'src/model/folder': [
    'src/model/gpt2',
    'src/model/formats',
    'src/model/store',
    'src/model/registry',
    'src/shared',
  ],
  'src/model/derived': [
    'src/model/folder',
    'src/model/int8',
    'src/model/gpt2',
    'src/model/formats',
    'src/model/store',
    'src/shared',
  ],
  'src/model/graphs': ['src/model/int8', 'src/model/gpt2', 'src/model/formats', 'src/onnx', 'src/shared'],
  'src/model/int8': ['src/model/gpt2', 'src/model/formats', 'src/shared'],
  'src/model/store/disk': [
    'src/model/store',
    'src/model/hub',
    'src/model/formats',
    'src/model/registry',
    'src/shared',
  ],
  'src/model/store/browser': [
    'src/model/store',
    'src/model/gpt2',
    'src/model/hub',
    'src/model/formats',
    'src/model/registry',
    'src/shared',
  ],
  'src/model/store': [
    'src/model/hub',
    'src/model/formats',
    'src/model/gpt2',
    'src/model/registry',
    'src/shared',
  ],
  'src/model/hub': ['src/model/formats', 'src/model/registry', 'src/shared'],
  'src/model/gpt2': ['src/model/formats', 'src/shared'],
  'src/model/formats': ['src/shared'],

  'src/shared/text': ['src/shared/contracts', 'src/shared/[^/]+$'],
  'src/shared/numbers': ['src/shared/text', 'src/shared/contracts', 'src/shared/[^/]+$'],
  'src/shared/contracts': ['src/shared/[^/]+$'],

  'webview/state': ['webview/tokens', 'src/shared'],
  'webview/controllers': ['webview/state', 'webview/tokens', 'src/shared'],
  'webview/tokens': ['src/shared'],
  'webview/check': ['webview/components/base', 'src/shared'],
  'webview/components/base': ['webview/state', 'webview/tokens', 'src/shared'],
  'webview/components/header': [
    'webview/components/base',
    'webview/state',
    'webview/tokens',
    'webview/controllers',
    'src/shared',
  ],
}

/** Where the VS Code API may be imported; everything else runs in workers, in the command line and in tests too. */
const KNOWS_VSCODE = '^src/(app|features|editor)/|^src/companion/(extension|vscodeCommands)[.]ts$'

const layers = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  comment: `${folder} imports only ${allowed.join(', ') || 'itself'}.`,
  from: { path: `^${folder}/` },
  to: {
    path: '^(src|webview)/',
    pathNot: [`^${folder}/`, ...allowed.map((path) => (path.endsWith('$') ? `^${path}` : `^${path}[/.]`))],
  },
}))

export default {
  forbidden: [
    { name: 'no-file-circle', severity: 'error', from: {}, to: { circular: true } },
    ...layers,
    {
      name: 'app-is-the-top',
      comment: 'Only entry points of the build start at src/app; no file imports it.',
      severity: 'error',
      from: { path: '^(src|webview)/', pathNot: '^src/app/' },
      to: { path: '^src/app/' },
    },
    {
      name: 'features-are-apart',
      comment: 'A feature that needs another one gets what it needs from src/app/compose.ts.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: '^src/features/$1/' },
    },
    {
      name: 'vscode-stays-outside',
      severity: 'error',
      from: { path: '^(src|webview)/', pathNot: KNOWS_VSCODE },
      to: { path: '^vscode$|/@types/vscode/' },
    },
    {
      name: 'shared-runs-everywhere',
      comment: 'src/shared runs in the webview too.',
      severity: 'error',
      from: { path: '^(src/shared|webview)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'support-knows-no-test',
      severity: 'error',
      from: { path: '^test/support/' },
      to: { path: '^test/(unit|webview|web|webgpu|dawn|extension|companion|e2e)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.d.ts', '.json'] },
  },
}
