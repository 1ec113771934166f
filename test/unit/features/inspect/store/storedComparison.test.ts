import { beforeAll, describe, expect, it } from 'vitest'
import {
  COMPARED_PER_FILE,
  restoredComparison,
  StoredComparison,
  type StoredComparisonHeader,
  withoutTokens,
} from '../../../../../src/features/inspect/store/storedComparison'
import { AppendedList } from '../../../../../src/shared/appendedList'
import type {
  BaselineOnlyTokens,
  ComparedSection,
  ComparedToken,
  InspectionComparison,
} from '../../../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../../../src/shared/elementAt'
import { finishedRun } from '../../../../support/panel/finishedRun'

let inspection: Inspection
beforeAll(async () => {
  inspection = (await finishedRun({ ranges: 2 })).inspection
})

describe('A stored comparison', () => {
  it('has the same tokens when it is restored, over several files and sections', async () => {
    const { files, save, restore } = store()
    const whole = comparison([sectionOf(COMPARED_PER_FILE + 7), sectionOf(5)])

    const header = await save(whole, 1)

    expect(plain(await restore(whole, header))).toEqual(plain(whole))
    expect([...files.keys()]).toEqual(['compared1-0', 'lastCompared1'])
  })

  it('keeps the tokens that only the baseline’s text has', async () => {
    const { save, restore } = store()
    const whole = comparison([
      { ...sectionOf(2), baselineOnly: ONLY },
      { ...sectionOf(1), baselineOnly: [] },
    ])

    const header = await save(whole, 1)

    expect(plain(await restore(whole, header))).toEqual(plain(whole))
  })

  it('has no tokens in the header', () => {
    const sizes = [1, 200].map(
      (count) => JSON.stringify(withoutTokens(comparison([{ ...sectionOf(count), shared: 1 }]))).length,
    )

    expect(sizes[0]).toBe(sizes[1])
  })

  it.each(['loading', 'running'] as const)('is interrupted if it was %s', async (kind) => {
    const { save, restore } = store()
    const running = { ...comparison([sectionOf(3)]), state: { kind } }

    const header = await save(running, 1)

    expect(await restore(running, header)).toMatchObject({ state: { kind: 'interrupted' } })
  })

  it('is interrupted, with the tokens that were saved, if its last file is incomplete', async () => {
    const { files, save, restore } = store()
    const whole = comparison([sectionOf(4)])
    const header = await save(whole, 1)
    files.set('lastCompared1', elementOf(files, 'lastCompared1').slice(0, -1))

    const { state, sections } = await restore(whole, header)

    expect(state).toEqual({ kind: 'interrupted' })
    expect(plain(sections)).toEqual(plain(comparison([sectionOf(4, 3)]).sections))
  })

  it.each(['lastCompared1', 'baselineOnly1'])('is interrupted if the file %s is missing', async (name) => {
    const { files, save, restore } = store()
    const whole = comparison([{ ...sectionOf(4), baselineOnly: ONLY }])
    const header = await save(whole, 1)
    files.delete(name)

    expect((await restore(whole, header)).state).toEqual({ kind: 'interrupted' })
  })

  it('is interrupted if a file has an impossible number', async () => {
    const { files, save, restore } = store()
    const whole = comparison([{ ...sectionOf(4), baselineOnly: ONLY }])
    const header = await save(whole, 1)
    const numbers = new Int32Array(Uint8Array.from(elementOf(files, 'baselineOnly1')).buffer)
    // The length of the first run of tokens.
    numbers[2] = -2
    files.set('baselineOnly1', new Uint8Array(numbers.buffer))

    expect((await restore(whole, header)).state).toEqual({ kind: 'interrupted' })
  })

  it('writes only the new tokens of a comparison that has grown', async () => {
    const { names, save } = store()
    const section = sectionOf(COMPARED_PER_FILE)
    const more = AppendedList.of(section.tokens, sectionOf(2).tokens)

    for (const [i, tokens] of [section.tokens, section.tokens, more].entries())
      await save(comparison([{ ...section, tokens, baselineOnly: ONLY }]), i + 1)

    expect(names).toEqual(['compared1-0', 'baselineOnly1', 'lastCompared1'])
  })

  it('writes other files for another comparison, because the header names those of the earlier one', async () => {
    const { save, restore } = store()
    const first = comparison([{ ...sectionOf(COMPARED_PER_FILE + 1), baselineOnly: ONLY }])
    const other = [{ position: 0, tokenIds: [9] }]
    const { tokens, ...section } = sectionOf(COMPARED_PER_FILE + 1)
    const larger = Array.from(tokens, (token) => ({ ...token, kl: token.kl + 1 }))
    const second = comparison([{ ...section, tokens: larger, baselineOnly: other }])
    const header = await save(first, 1)
    await save(second, 2)

    expect(plain(await restore(first, header))).toEqual(plain(first))
  })

  it('does not write the files of a restored comparison again', async () => {
    const { names, save, restore } = store()
    const whole = comparison([{ ...sectionOf(COMPARED_PER_FILE), baselineOnly: ONLY }])
    const header = await save(whole, 1)
    const again = new StoredComparison()
    const restored = await restore(whole, header, again)
    names.length = 0

    await save(restored, 2, again)

    expect(names).toEqual([])
  })
})

const ONLY: readonly BaselineOnlyTokens[] = [
  { position: 1, tokenIds: [5, 50_256, 7] },
  { position: 2, tokenIds: [11] },
]

/** The first `kept` of `count` compared tokens that the texts share, with the scores of other tokens as the baseline's. */
function sectionOf(count: number, kept = count): ComparedSection {
  const { predictions, next } = elementAt(inspection.sections, 0)
  const scores = Array.from(predictions, ({ score }) => score).filter((score) => score !== null)
  const scoreAt = (i: number) => elementAt(scores, i % scores.length)
  const tokens = Array.from({ length: kept }, (_, position): ComparedToken => {
    const numbers = { kl: position / 3, jensenShannon: position / 7 }
    const baselinePosition = position + 2
    return {
      position,
      baselinePosition,
      score: scoreAt(position),
      baselineScore: scoreAt(position + 1),
      ...numbers,
    }
  })
  if (next === null) throw new Error('The inspection has no next distribution.')
  return {
    tokens,
    next: { shown: next, baseline: next, kl: 0.1, jensenShannon: 0.2 },
    shared: count,
    contextTokens: { shown: 3, baseline: 0 },
    baselineOnly: [],
    isComplete: true,
  }
}

function comparison(sections: readonly ComparedSection[]): InspectionComparison {
  return {
    baseline: { kind: 'text', source: 'saved', uri: inspection.documentUri, name: 'a.txt' },
    canSwap: false,
    models: { shown: inspection.model, baseline: inspection.model },
    state: { kind: 'done' },
    sections,
  }
}

/** Files in memory. `restore` reads what the first save wrote. */
function store() {
  const files = new Map<string, Uint8Array>()
  /** In the order in which they were written. */
  const names: string[] = []
  const first = new StoredComparison()
  const write = (name: string, content: Uint8Array) => {
    names.push(name)
    files.set(name, content)
    return Promise.resolve()
  }
  const save = async (saved: InspectionComparison, saves: number, stored = first) => {
    const header = await stored.write({ ...inspection, comparison: saved }, { saves, write })
    if (header === null) throw new Error('Nothing was saved.')
    return header
  }
  const restore = async (
    saved: InspectionComparison,
    header: StoredComparisonHeader,
    stored = new StoredComparison(),
  ) => {
    const read = (name: string) => Promise.resolve().then(() => elementOf(files, name))
    const tokens = await stored.read(header, { ...inspection, saves: 1, read })
    return restoredComparison(withoutTokens(saved), header, tokens)
  }
  return { files, names, save, restore }
}

function elementOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const content = files.get(name)
  if (content === undefined) throw new Error(`The file ${name} is missing.`)
  return content
}

/** As JSON, in which a list is an array. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
