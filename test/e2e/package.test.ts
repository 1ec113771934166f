import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VSIX } from '../../scripts/paths.mjs'
import { zipEntries } from './zipEntries'

/** 26 MB when this was set, nearly all of it the model and ORT's WASM. */
const VSIX_BUDGET_BYTES = 30 * 1024 * 1024

const CODE = ['cli.js', 'engineWorker.js', 'extension.js', 'panel.js']
const RUNTIME = ['gpt2.json', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm', 'tiktoken_bg.wasm']
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

  it('stays within its size budget', () => {
    expect(vsix.length).toBeLessThan(VSIX_BUDGET_BYTES)
  })
})
