import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/commands'
import { type ConsoleExample, consoleExamplesOf, patternOf } from '../../support/docs/consoleExamples'
import { createExampleRunner, type ExampleRunner } from '../../support/docs/exampleRunner'
import { codeBlocksOf, readPage } from '../../support/docs/markdown'
import { LOADING_LIMIT_MS } from '../../support/engine/engineUnderTest'

const BLOCKS = codeBlocksOf(readPage('docs/cli.md'))
const EXAMPLES = BLOCKS.filter(({ language }) => language === 'console').flatMap(({ content }) =>
  consoleExamplesOf(content),
)

describe('docs/cli.md', { timeout: LOADING_LIMIT_MS }, () => {
  let runner: ExampleRunner

  beforeAll(async () => {
    runner = await createExampleRunner(BLOCKS)
  }, LOADING_LIMIT_MS)

  afterAll(() => runner.dispose())

  it.each(EXAMPLES.map((example) => [example.args.join(' '), example] as const))(
    'has the output and the exit code of “%s”',
    async (_, { output, exitCode, ...call }: ConsoleExample) => {
      const { code, stdout, stderr } = await runner.run({ output, exitCode, ...call })

      expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' })
      if (output.trim() === '') expect(stdout).not.toBe('')
      else expect(stdout.trimEnd()).toMatch(patternOf(output.trimEnd()))
    },
  )

  it('has an example of each command', () => {
    const shown = new Set(EXAMPLES.map(({ args: [name] }) => name))
    expect([...shown].sort()).toEqual([...COMMANDS.keys()].sort())
  })
})
