import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { PACKAGE } from '../../support/cli/runInProcess'
import { codeBlocksOf, readPage } from '../../support/docs/markdown'

/** Where the examples stand: beside the file with the types. */
const FILE = join(PACKAGE, 'src/app/apiExamples.ts')
const IMPORTS = `import * as vscode from 'vscode'
import type { LogitscopeApi } from './api'
`

describe('docs/api.md', () => {
  it('has examples that fit the types of the API', () => {
    const examples = codeBlocksOf(readPage('docs/api.md')).filter(({ language }) => language === 'ts')
    const source = [IMPORTS, ...examples.map(({ content }) => content)].join('\n')

    expect(typeErrorsIn(source)).toEqual([])
  })
})

/** The messages of the compiler about a file that is not on the disk, each with its line. */
function typeErrorsIn(source: string): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.es2024.arraybuffer.d.ts'],
    types: ['node', 'vscode', '@webgpu/types'],
    strict: true,
    resolveJsonModule: true,
    skipLibCheck: true,
  }
  const onDisk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...onDisk,
    getCurrentDirectory: () => PACKAGE,
    fileExists: (path) => path === FILE || onDisk.fileExists(path),
    readFile: (path) => (path === FILE ? source : onDisk.readFile(path)),
    getSourceFile: (path, version) =>
      path === FILE ? ts.createSourceFile(path, source, version) : onDisk.getSourceFile(path, version),
  }
  const program = ts.createProgram([FILE], options, host)
  const file = program.getSourceFile(FILE)
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start = 0, messageText }) => {
      const line = source.slice(0, start).split('\n').length
      return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    },
  )
}
