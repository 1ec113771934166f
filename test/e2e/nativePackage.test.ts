import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { targetOfThisMachine } from '../../scripts/nativeTargets.mjs'
import { REPO } from '../../scripts/paths.mjs'
import { unzip } from './support/unzip'

interface Target {
  readonly maxBytes: number
  /** The files in `dist/bin`. */
  readonly binaries: readonly string[]
  /** Where a binary's header says for which processor it is, and what it says there. */
  readonly processor: { readonly find: (binary: Buffer) => number; readonly id: number }
}

const MB = 1024 * 1024
const MAX_BYTES = 45 * MB
/** With the compiler of shaders. */
const MAX_WINDOWS_BYTES = 60 * MB

const elfMachine = (binary: Buffer): number => binary.readUInt16LE(18)
const machOProcessor = (binary: Buffer): number => binary.readUInt32LE(4)
const peMachine = (binary: Buffer): number => binary.readUInt16LE(binary.readUInt32LE(0x3c) + 4)

const TARGETS: Record<string, Target> = {
  'darwin-arm64': {
    maxBytes: MAX_BYTES,
    binaries: ['darwin/arm64/libonnxruntime.1.dylib', 'darwin/arm64/onnxruntime_binding.node'],
    processor: { find: machOProcessor, id: 0x0100000c },
  },
  'linux-arm64': {
    maxBytes: MAX_BYTES,
    binaries: ['linux/arm64/libonnxruntime.so.1', 'linux/arm64/onnxruntime_binding.node'],
    processor: { find: elfMachine, id: 0xb7 },
  },
  'linux-x64': {
    maxBytes: MAX_BYTES,
    binaries: ['linux/x64/libonnxruntime.so.1', 'linux/x64/onnxruntime_binding.node'],
    processor: { find: elfMachine, id: 0x3e },
  },
  'win32-arm64': {
    maxBytes: MAX_WINDOWS_BYTES,
    binaries: [
      'win32/arm64/dxcompiler.dll',
      'win32/arm64/dxil.dll',
      'win32/arm64/onnxruntime.dll',
      'win32/arm64/onnxruntime_binding.node',
    ],
    processor: { find: peMachine, id: 0xaa64 },
  },
  'win32-x64': {
    maxBytes: MAX_WINDOWS_BYTES,
    binaries: [
      'win32/x64/dxcompiler.dll',
      'win32/x64/dxil.dll',
      'win32/x64/onnxruntime.dll',
      'win32/x64/onnxruntime_binding.node',
    ],
    processor: { find: peMachine, id: 0x8664 },
  },
}

/** The files that every VSIX has besides its binaries. */
const FILES = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/ThirdPartyNotices.txt',
  'extension/dist/icon.png',
  'extension/dist/onnxruntime.cjs',
  'extension/package.json',
  'extension/readme.md',
]

/** The lines that ThirdPartyNotices.txt must have, of the packages and of what is compiled into the libraries. */
const NOTICES = [
  'onnxruntime-node 1.',
  'onnxruntime-common 1.',
  'Copyright (c) Microsoft Corporation',
  'The Dawn & Tint Authors',
  'microsoft/cpp_client_telemetry',
  'Copyright The Mbed TLS Contributors',
  'Daniel Stenberg',
  'Arm Limited',
  'DirectX Shader Compiler',
  'University of Illinois at Urbana-Champaign',
]

const VSIX = /^logitscope-native-(.+)-\d+\.\d+\.\d+\.vsix$/
const made = readdirSync(REPO).flatMap((name) => {
  const target = VSIX.exec(name)?.[1]
  return target === undefined ? [] : [{ name, target }]
})
const version = versionOf(readFileSync(join(REPO, 'package.json'), 'utf8'))

describe('VSIXs of Logitscope Native', () => {
  it.skipIf(targetOfThisMachine() === undefined)('include one for this machine', () => {
    expect(made.map(({ target }) => target)).toContain(targetOfThisMachine())
  })
})

describe.each(made)('$name', ({ name, target }) => {
  const zip = readFileSync(join(REPO, name))
  const contents = unzip(zip)
  const textOf = (path: string): string => contents.get(path)?.toString('utf8') ?? `${path} is missing`
  const expected = TARGETS[target]
  if (expected === undefined) throw new Error(`${name} is for an unknown target.`)
  const binaries = expected.binaries.map((path) => `extension/dist/bin/${path}`)

  it('contains the library of its target and nothing else', () => {
    expect([...contents.keys()].sort()).toEqual([...FILES, ...binaries].sort())
  })

  it.each(binaries)('has %s for the processor of its target', (path) => {
    const binary = contents.get(path)

    expect(binary && expected.processor.find(binary)).toBe(expected.processor.id)
  })

  it('stays within its size limit', () => {
    expect(zip.length).toBeLessThan(expected.maxBytes)
  })

  it('is offered to machines of its target only', () => {
    expect(textOf('extension.vsixmanifest')).toContain(`TargetPlatform="${target}"`)
  })

  it('is an extension without code that runs where Logitscope runs', () => {
    const manifest: unknown = JSON.parse(textOf('extension/package.json'))

    expect(manifest).toMatchObject({ publisher: 'logitscope', name: 'logitscope-native', version })
    expect(manifest).toHaveProperty('extensionKind', ['workspace'])
    for (const entry of ['main', 'browser', 'activationEvents']) expect(manifest).not.toHaveProperty(entry)
  })

  it('requires nothing but modules of Node and its own binding', () => {
    const required = [...textOf('extension/dist/onnxruntime.cjs').matchAll(/\brequire\(([^)]+)\)/g)]

    expect([...new Set(required.map(([, argument]) => argument))].sort()).toEqual([
      '"node:worker_threads"',
      '"worker_threads"',
      '`${__dirname}/bin/${process.platform}/${process.arch}/onnxruntime_binding.node`',
    ])
  })

  it.each(NOTICES)('has the notice of %s', (line) => {
    expect(textOf('extension/ThirdPartyNotices.txt')).toContain(line)
  })
})

function versionOf(manifest: string): string {
  return (JSON.parse(manifest) as { version: string }).version
}
