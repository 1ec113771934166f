import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMPANION_VSIX, VSIX } from '../../scripts/paths.mjs'
import { unzip } from './support/unzip'

interface Package {
  readonly vsix: string
  /** Size of the VSIX. */
  readonly maxBytes: number
  /** The largest size of each bundle in `dist/`. */
  readonly maxBundleBytes: Readonly<Record<string, number>>
  /** The other files, without media. */
  readonly files: readonly string[]
  /** The names that ThirdPartyNotices.txt must contain, each with a line of its licence text. */
  readonly notices: Readonly<Record<string, string>>
}

/** Files that vsce adds or renames. */
const FILES_OF_EVERY_VSIX = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/ThirdPartyNotices.txt',
  'extension/package.json',
  'extension/readme.md',
]

const RUNTIME_WITH_WEBGPU = [
  'extension/dist/gpt2.json',
  'extension/dist/ort-wasm-simd-threaded.asyncify.mjs',
  'extension/dist/ort-wasm-simd-threaded.asyncify.wasm',
  'extension/dist/tiktoken_bg.wasm',
]

const NOTICES_OF_ENGINE = {
  'onnxruntime-web': 'Copyright (c) Microsoft Corporation',
  tiktoken: 'Copyright (c) 2022 OpenAI, Shantanu Jain',
}

/** Compiled into ONNX Runtime's and tiktoken's WASM. */
const NOTICES_OF_WASM = {
  'protocolbuffers/protobuf': 'Copyright 2008 Google Inc.',
  'abseil-cpp': 'https://github.com/abseil/abseil-cpp',
  Eigen: 'Mozilla Public License',
  dawn: 'The Dawn & Tint Authors',
  'fancy-regex': 'Copyright 2015 The Fancy Regex Authors.',
  regex: 'Copyright (c) 2014 The Rust Project Developers',
  'GPT-2 vocabulary': 'Software Copyright (c) 2019 OpenAI',
}

const PACKAGES: Record<string, Package> = {
  Logitscope: {
    vsix: VSIX,
    // 33 MB when this limit was set, nearly all of it the model and ONNX Runtime's two WASM files.
    maxBytes: 38 * 1024 * 1024,
    // 20 % above the sizes when the limits were set. Each start in a browser downloads the browser's bundles.
    maxBundleBytes: {
      'check.css': 8_500,
      'check.js': 47_000,
      'cli.js': 415_000,
      'engineProcess.js': 390_000,
      'engineWorker.js': 415_000,
      'engineWorker.web.js': 330_000,
      'extension.js': 820_000,
      'extension.web.cjs': 555_000,
      'panel.css': 50_000,
      'panel.js': 262_000,
    },
    files: [
      'extension/changelog.md',
      ...RUNTIME_WITH_WEBGPU,
      'extension/dist/ort-wasm-simd-threaded.mjs',
      'extension/dist/ort-wasm-simd-threaded.wasm',
      'extension/media/convert_checkpoint.py',
      'extension/media/load_model.py',
      'extension/media/models/mini/README.md',
      'extension/media/models/mini/config.json',
      'extension/media/models/mini/model.safetensors',
      'extension/media/walkthrough/sample.ts.txt',
    ],
    notices: {
      ...NOTICES_OF_ENGINE,
      ...NOTICES_OF_WASM,
      '@lit/reactive-element': 'Copyright (c) 2017 Google LLC. All rights reserved.',
      '@noble/hashes': 'Copyright (c) 2022 Paul Miller (https://paulmillr.com)',
      lit: 'Copyright (c) 2017 Google LLC. All rights reserved.',
      'lit-element': 'Copyright (c) 2017 Google LLC. All rights reserved.',
      'lit-html': 'Copyright (c) 2017 Google LLC. All rights reserved.',
      'onnxruntime-common': 'Copyright (c) Microsoft Corporation',
    },
  },
  'Logitscope GPU': {
    vsix: COMPANION_VSIX,
    // 7.4 MB when this limit was set, nearly all of it ONNX Runtime's WASM with WebGPU.
    maxBytes: 9 * 1024 * 1024,
    // 20 % above the sizes when the limits were set.
    maxBundleBytes: { 'engineWorker.web.js': 330_000, 'extension.js': 23_000 },
    files: [...RUNTIME_WITH_WEBGPU, 'extension/dist/icon.png'],
    notices: { ...NOTICES_OF_ENGINE, ...NOTICES_OF_WASM },
  },
}

/** Pictures; other files in `media/` are expected by name. */
const MEDIA = /^extension\/media\/((readme|walkthrough)\/)?[\w-]+\.(png|svg)$/

describe.each(Object.entries(PACKAGES))(
  'VSIX of %s',
  (_, { vsix, maxBytes, maxBundleBytes, files, notices }) => {
    const zip = readFileSync(vsix)
    const contents = unzip(zip)
    const textOf = (path: string): string => contents.get(path)?.toString('utf8') ?? `${path} is missing`

    it('contains what the extension needs and nothing else', () => {
      const bundles = Object.keys(maxBundleBytes).map((name) => `extension/dist/${name}`)
      const found = [...contents.keys()].filter((path) => !MEDIA.test(path))

      expect(found.sort()).toEqual([...FILES_OF_EVERY_VSIX, ...bundles, ...files].sort())
    })

    it('contains its icon', () => {
      const { icon } = JSON.parse(textOf('extension/package.json')) as { icon: string }

      expect([...contents.keys()]).toContain(`extension/${icon}`)
    })

    it('stays within its size limit', () => {
      expect(zip.length).toBeLessThan(maxBytes)
    })

    it.each(Object.entries(maxBundleBytes))('has a %s of at most %i bytes', (name, limit) => {
      expect(contents.get(`extension/dist/${name}`)?.length).toBeLessThan(limit)
    })

    it.each(Object.keys(maxBundleBytes))('has no source map for %s', (name) => {
      expect(textOf(`extension/dist/${name}`)).not.toContain('//# sourceMappingURL=')
    })

    it.each(Object.entries(notices))('has the licence text of %s', (name, line) => {
      const text = textOf('extension/ThirdPartyNotices.txt')

      expect(text).toContain(name)
      expect(text).toContain(line)
    })
  },
)

describe('companion', () => {
  it('requires vscode and nothing else', () => {
    const bundle = unzip(readFileSync(COMPANION_VSIX)).get('extension/dist/extension.js')?.toString('utf8')
    const required = [...(bundle ?? '').matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)

    expect([...new Set(required)]).toEqual(['vscode'])
  })
})
