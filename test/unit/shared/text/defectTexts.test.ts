import { describe, expect, it } from 'vitest'
import { DEFECTS } from '../../../../src/shared/contracts/check/checkResult'
import { DEFECT_TEXTS } from '../../../../src/shared/text/defectTexts'

describe.each(DEFECTS)('The texts of the mistake %s', (defect) => {
  const text = DEFECT_TEXTS[defect]

  it('are complete', () => {
    expect(Object.values<string>({ ...text }).every((part) => part.trim() !== '')).toBe(true)
  })

  it('have sentences that end with a full stop', () => {
    expect([text.what, text.why, text.fix].filter((sentence) => !/[.`]$/.test(sentence))).toEqual([])
  })

  it('have a formula whose lines fit into a narrow panel', () => {
    const longest = Math.max(...text.formula.split('\n').map((line) => line.length))
    expect(longest).toBeLessThanOrEqual(80)
  })
})

it('No two mistakes have the same name', () => {
  const names = DEFECTS.map((defect) => DEFECT_TEXTS[defect].name)
  expect(new Set(names).size).toBe(names.length)
})
