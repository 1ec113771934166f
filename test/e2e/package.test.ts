import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMPANION_DIST, COMPANION_VSIX, DIST, VSIX } from '../../scripts/paths.mjs'
import { zipEntries } from './support/zipEntries'

/** 33 MB when this was set, nearly all of it the model and ORT's two builds: in a browser the GPU is at hand. */
const VSIX_BUDGET_BYTES = 38 * 1024 * 1024

/** A fifth above what they were when this was set, in bytes; what is in a browser is fetched with every start. */
const BUNDLE_BUDGETS: Record<string, number> = {
  'cli.js': 70_000,
  'engineWorker.js': 260_000,
  'engineWorker.web.js': 200_000,
  'extension.js': 360_000,
  'extension.web.cjs': 240_000,
  'panel.js': 100_000,
}

const CODE = Object.keys(BUNDLE_BUDGETS)
const RUNTIME = [
  'gpt2.json',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'tiktoken_bg.wasm',
]
const MODEL = ['README.md', 'config.json', 'model.safetensors']
const SAMPLE = 'extension/media/walkthrough/sample.ts.txt'
const PAPERS = ['LICENSE.txt', 'changelog.md', 'package.json', 'readme.md']

/** Pictures and styles; everything else in media/ has to be expected by name. */
const MEDIA = /^extension\/media\/([\w-]+|walkthrough\/[\w-]+)\.(css|png|svg)$/

describe('the VSIX', () => {
  const vsix = readFileSync(VSIX)
  const names = [...zipEntries(vsix).keys()]

  it('contains what the extension needs and nothing else', () => {
    const expected = [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      ...PAPERS.map((name) => `extension/${name}`),
      ...[...CODE, ...RUNTIME].map((name) => `extension/dist/${name}`),
      ...MODEL.map((name) => `extension/media/models/mini/${name}`),
      SAMPLE,
    ]

    expect(names.filter((name) => !MEDIA.test(name)).sort()).toEqual(expected.sort())
  })

  it('contains the icon', () => {
    expect(names).toContain('extension/media/icon.png')
  })

  it.each(Object.entries(BUNDLE_BUDGETS))('has a %s of at most %i bytes', async (name, budget) => {
    expect((await stat(join(DIST, name))).size).toBeLessThan(budget)
  })

  it('stays within its size budget', () => {
    expect(vsix.length).toBeLessThan(VSIX_BUDGET_BYTES)
  })
})

/** 7.4 MB when this was set, nearly all of it ORT's WASM with WebGPU. */
const COMPANION_BUDGET_BYTES = 9 * 1024 * 1024
/** A fifth above what it was when this was set. */
const COMPANION_BUNDLE_BUDGET_BYTES = 22_000

const COMPANION_FILES = [
  'engineWorker.web.js',
  'extension.js',
  'gpt2.json',
  'icon.png',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
  'tiktoken_bg.wasm',
]

describe('the companion’s VSIX', () => {
  const vsix = readFileSync(COMPANION_VSIX)
  const names = [...zipEntries(vsix).keys()]

  it('contains what the window needs and nothing else', () => {
    const expected = [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      ...['LICENSE.txt', 'package.json', 'readme.md'].map((name) => `extension/${name}`),
      ...COMPANION_FILES.map((name) => `extension/dist/${name}`),
    ]

    expect(names.sort()).toEqual(expected.sort())
  })

  it('asks its host for VS Code and nothing else', async () => {
    const bundle = await readFile(join(COMPANION_DIST, 'extension.js'), 'utf8')
    const required = [...bundle.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)

    expect([...new Set(required)]).toEqual(['vscode'])
  })

  it('stays within its size budgets', async () => {
    expect(vsix.length).toBeLessThan(COMPANION_BUDGET_BYTES)
    expect((await stat(join(COMPANION_DIST, 'extension.js'))).size).toBeLessThan(
      COMPANION_BUNDLE_BUDGET_BYTES,
    )
  })
})
