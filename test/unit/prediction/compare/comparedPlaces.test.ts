import { describe, expect, it } from 'vitest'
import { comparedIn } from '../../../../src/prediction/compare/comparedPlaces'
import { elementAt } from '../../../../src/shared/elementAt'
import { comparedTexts, EDIT } from '../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const inspection = comparedTexts(readGpt2Vocabulary())
const { tokens } = elementAt(inspection.sections, 0)
const rangeOf = (position: number) => elementAt(tokens, position).range

describe('comparedIn', () => {
  it('has every token with a character in the range, with both sides', () => {
    const range = { start: rangeOf(10).start, end: rangeOf(12).start + 1 }

    const places = comparedIn(inspection, range)

    expect(places.map(({ token }) => token)).toEqual(tokens.slice(10, 13))
    expect(places.map(({ compared }) => compared.position)).toEqual([10, 11, 12])
  })

  it('has the token of a single character', () => {
    const { end } = rangeOf(20)

    const places = comparedIn(inspection, { start: end - 1, end })

    expect(places.map(({ compared }) => compared.position)).toEqual([20])
  })

  it('omits a token that only the shown text has', () => {
    expect(comparedIn(inspection, rangeOf(EDIT.onlyShown))).toEqual([])
  })

  it('has no token after the end of the text', () => {
    const { end } = rangeOf(tokens.length - 1)

    expect(comparedIn(inspection, { start: end, end: end + 1 })).toEqual([])
  })
})
