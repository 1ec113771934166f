import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/commands'
import { isRecord } from '../../../src/shared/isRecord'
import { elementAt } from '../../../src/shared/elementAt'
import { consoleExamplesOf } from '../../support/docs/consoleExamples'
import { createExampleRunner, type ExampleRunner } from '../../support/docs/exampleRunner'
import { codeBlocksOf, readPage } from '../../support/docs/markdown'
import { LOADING_LIMIT_MS } from '../../support/engine/engineUnderTest'

const PAGE = readPage('docs/json.md')
const BLOCKS = codeBlocksOf(PAGE)
/** The page rounds to four digits. */
const RELATIVE_TOLERANCE = 1e-3
const ABSOLUTE_TOLERANCE = 1e-4

describe('docs/json.md', { timeout: LOADING_LIMIT_MS }, () => {
  const outputs = new Map<string, unknown>()
  let runner: ExampleRunner

  beforeAll(async () => {
    runner = await createExampleRunner(BLOCKS)
    for (const { heading, content } of blocksOf('console')) {
      const { code, stdout } = await runner.run(elementAt(consoleExamplesOf(content), 0))
      outputs.set(heading, code === 1 || code === 2 ? undefined : JSON.parse(stdout))
    }
  }, LOADING_LIMIT_MS)

  afterAll(() => runner.dispose())

  it('has an object of each command', () => {
    expect(blocksOf('json').map(({ heading }) => heading)).toEqual([...COMMANDS.keys()])
  })

  it.each(blocksOf('json').map(({ heading, content }) => [heading, content] as const))(
    'shows what %s prints: the same fields in the same order, with these values',
    (command, shown) => {
      expect(differences(JSON.parse(shown), outputs.get(command))).toEqual([])
    },
  )

  it.each([...COMMANDS.keys()])('describes every field that %s prints', (command) => {
    const described = new Set(namesIn(sectionOf('Fields of every object') + withLinkedSections(command)))
    expect([...new Set(fieldsOf(outputs.get(command)))].filter((name) => !described.has(name))).toEqual([])
  })
})

function blocksOf(language: string) {
  return BLOCKS.filter((block) => block.language === language)
}

/** The text of a section, without its examples. */
function sectionOf(title: string): string {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
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
