// The examples of docs/cli.md and docs/json.md, on the embedded model: one file, which loads it once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/commands'
import { elementAt } from '../../../src/shared/elementAt'
import { isRecord } from '../../../src/shared/isRecord'
import { consoleExamplesOf, patternOf } from '../../support/docs/consoleExamples'
import { createExampleRunner, type ExampleRunner } from '../../support/docs/exampleRunner'
import { type CodeBlock, codeBlocksOf, readPage } from '../../support/docs/markdown'
import { LOADING_LIMIT_MS } from '../../support/engine/engineUnderTest'

const CLI_BLOCKS = codeBlocksOf(readPage('docs/cli.md'))
const CLI_EXAMPLES = inLanguage('console', CLI_BLOCKS).flatMap(({ content }) => consoleExamplesOf(content))

const JSON_PAGE = readPage('docs/json.md')
const JSON_BLOCKS = codeBlocksOf(JSON_PAGE)
const SHOWN_OBJECTS = inLanguage('json', JSON_BLOCKS)
/** The page rounds to four digits. */
const RELATIVE_TOLERANCE = 1e-3
const ABSOLUTE_TOLERANCE = 1e-4

describe('docs/cli.md', { timeout: LOADING_LIMIT_MS }, () => {
  let runner: ExampleRunner

  beforeAll(async () => {
    runner = await createExampleRunner(CLI_BLOCKS)
  }, LOADING_LIMIT_MS)

  afterAll(() => runner.dispose())

  it.each(CLI_EXAMPLES.map((example) => [example.args.join(' '), example] as const))(
    'has the output and the exit code of “%s”',
    async (_, example) => {
      const { code, stdout, stderr } = await runner.run(example)

      expect({ code, stderr }).toEqual({ code: example.exitCode, stderr: '' })
      const output = example.output.trimEnd()
      if (output === '') expect(stdout).not.toBe('')
      else expect(stdout.trimEnd()).toMatch(patternOf(output))
    },
  )

  it('has an example of each command', () => {
    const shown = new Set(CLI_EXAMPLES.map(({ args: [name] }) => name))
    expect([...shown].sort()).toEqual([...COMMANDS.keys()].sort())
  })
})

describe('docs/json.md', { timeout: LOADING_LIMIT_MS }, () => {
  /** The output of each command, by its heading. */
  const printed = new Map<string, unknown>()
  let runner: ExampleRunner

  beforeAll(async () => {
    runner = await createExampleRunner(JSON_BLOCKS)
    for (const { heading, content } of inLanguage('console', JSON_BLOCKS)) {
      const { stdout } = await runner.run(elementAt(consoleExamplesOf(content), 0))
      printed.set(heading, JSON.parse(stdout))
    }
  }, LOADING_LIMIT_MS)

  afterAll(() => runner.dispose())

  it('has an object of each command', () => {
    expect(SHOWN_OBJECTS.map(({ heading }) => heading)).toEqual([...COMMANDS.keys()])
  })

  it.each(SHOWN_OBJECTS.map(({ heading, content }) => [heading, content] as const))(
    'shows the output of %s: the same fields in the same order, with these values',
    (command, shown) => {
      expect(differences(JSON.parse(shown), printed.get(command))).toEqual([])
    },
  )

  it.each([...COMMANDS.keys()])('describes every field that %s prints', (command) => {
    const described = namesIn(sectionOf('Fields of every object') + withLinkedSections(command))
    const fields = [...new Set(fieldsOf(printed.get(command)))]
    expect(fields.filter((name) => !described.includes(name))).toEqual([])
  })
})

function inLanguage(language: string, blocks: readonly CodeBlock[]): CodeBlock[] {
  return blocks.filter((block) => block.language === language)
}

/** The text of a section, without its examples. */
function sectionOf(title: string): string {
  const section = JSON_PAGE.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  return section.replaceAll(/^```[\s\S]*?^```$/gm, '')
}

/** A section, and those of the page that it links to. */
function withLinkedSections(title: string): string {
  const section = sectionOf(title)
  const linked = Array.from(section.matchAll(/\(#([\w-]+)\)/g), ([, anchor = '']) => sectionOf(anchor))
  return [section, ...linked].join('\n')
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(/`(\w+)`/g), ([, name = '']) => name)
}

function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([name, field]) => [name, ...fieldsOf(field)])
}

/** The places in which the real value is not the one that the page shows, which may cut lists short. */
function differences(shown: unknown, real: unknown, path = ''): string[] {
  if (Array.isArray(shown)) {
    if (!Array.isArray(real) || real.length < shown.length) return [path]
    return shown.flatMap((item, i) => differences(item, real[i], `${path}[${i}]`))
  }
  if (isRecord(shown)) {
    if (!isRecord(real) || Object.keys(shown).join() !== Object.keys(real).join()) return [path]
    return Object.entries(shown).flatMap(([name, field]) => differences(field, real[name], `${path}.${name}`))
  }
  if (typeof shown === 'number' && typeof real === 'number') {
    const tolerance = Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * Math.abs(real))
    return Math.abs(shown - real) <= tolerance ? [] : [path]
  }
  return shown === real || (isSentence(shown) && isSentence(real)) ? [] : [path]
}

/** Sentences have numbers in them, which are not the same on every machine. */
function isSentence(value: unknown): boolean {
  return typeof value === 'string' && / .*\.$/.test(value)
}
