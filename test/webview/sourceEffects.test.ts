import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import {
  effectsBySource,
  effectStep,
  type SourceBlock,
  sourceBlocks,
  strongestOf,
} from '../../webview/state/explanations/sourceEffects'
import { TokenLabels } from '../../webview/tokens/tokenLabels'
import { typescriptSection, vocabulary } from './panelUnderTest'
import { attribution } from './whyAnswers'

const labels = new TokenLabels(vocabulary)
const NO_ROWS: ReadonlySet<number> = new Set()
/** Eight lines of code. */
const inputIds = Int32Array.from(typescriptSection.tokens, ({ tokenId }) => tokenId)
const lineEnds = [...inputIds.entries()].flatMap(([row, id]) => (labels.show(id).endsWith('↵') ? [row] : []))

function effectsWith(change: Readonly<Record<number, number>>): Float64Array {
  const effects = new Float64Array(inputIds.length)
  for (const [row, effect] of Object.entries(change)) effects[Number(row)] = effect
  return effects
}

const describeBlocks = (blocks: readonly SourceBlock[]) =>
  blocks.map(({ folded, spans }) => {
    const [first, last] = [elementAt(spans, 0).first, elementAt(spans, spans.length - 1).last]
    return `${folded ? 'folded' : 'shown'} ${first}–${last}`
  })

describe('the effects by source', () => {
  it('are the sums over all heads of all layers', () => {
    const sources = Float32Array.of(1, 2, /**/ 10, 20, /**/ 100, 200)
    expect([...effectsBySource({ ...attribution, sources }, 2)]).toEqual([111, 222])
  })

  it('have a strongest one, of either sign', () => {
    expect(strongestOf(Float64Array.of(1, -3, 2))).toBe(-3)
  })

  it.each([
    [0.19, null],
    [0.2, 'plus1'],
    [-0.39, 'minus1'],
    [0.4, 'plus2'],
    [-0.8, 'minus3'],
    [1, 'plus3'],
  ])('of %f of the strongest have the step %s', (share, step) => {
    expect(effectStep(share * 5, -5)).toBe(step)
  })

  it('have no step if all of them are 0', () => {
    expect(effectStep(0, 0)).toBeNull()
  })
})

describe('the text of the sources', () => {
  const last = inputIds.length - 1
  const [firstEnd = NaN, secondEnd = NaN] = lineEnds

  it('folds lines without a step, but never the last one', () => {
    const blocks = sourceBlocks(inputIds, { effects: effectsWith({ 3: 1 }), keptRows: NO_ROWS, labels })
    const lastLine = elementAt(lineEnds, lineEnds.length - 2) + 1
    expect(describeBlocks(blocks)).toEqual([
      `shown 0–${firstEnd}`,
      `folded ${firstEnd + 1}–${lastLine - 1}`,
      `shown ${lastLine}–${last}`,
    ])
  })

  it('shows the line of a token that is knocked out', () => {
    const keptRows = new Set([firstEnd + 1])
    const blocks = sourceBlocks(inputIds, { effects: effectsWith({ 3: 1 }), keptRows, labels })
    expect(describeBlocks(blocks)[0]).toBe(`shown 0–${secondEnd}`)
  })

  it('cuts a text without newlines, so that it has parts to fold', () => {
    const oneLine = new Int32Array(100).fill(elementAt(inputIds, 1))
    const effects = new Float64Array(100)
    effects[50] = 1
    const blocks = sourceBlocks(oneLine, { effects, keptRows: NO_ROWS, labels })
    expect(describeBlocks(blocks)).toEqual(['folded 0–31', 'shown 32–63', 'folded 64–95', 'shown 96–99'])
  })

  it('joins tokens that share a character and adds up their effects', () => {
    const wave = [41840, 233] // the two tokens of 👋
    const [block] = sourceBlocks(Int32Array.from(wave), {
      effects: Float64Array.of(0.5, 0.25),
      keptRows: NO_ROWS,
      labels,
    })
    expect(block?.spans).toMatchObject([{ first: 0, last: 1, effect: 0.75 }])
  })

  it('has no effects if they are not available, and folds all but the last line', () => {
    const blocks = sourceBlocks(inputIds, { effects: null, keptRows: NO_ROWS, labels })
    expect(blocks.map(({ folded }) => folded)).toEqual([true, false])
    expect(blocks.at(-1)?.spans.at(0)?.effect).toBeNull()
  })
})
