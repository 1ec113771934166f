import { describe, expect, it } from 'vitest'
import { AlternativeList, createColumns } from '../../../../src/prediction/windows/alternativeList'

const COLUMNS = {
  topIds: Int32Array.of(7, 8, 9, 10),
  topLogits: Float32Array.of(4, 3, 2, 1),
  logSumExp: Float64Array.of(5, 2.5),
  topK: 2,
  temperature: 1,
}
const SECOND_ROW = new AlternativeList(COLUMNS, 1)

describe('AlternativeList', () => {
  it('reads the alternatives of its row', () => {
    expect([...SECOND_ROW]).toEqual([
      { tokenId: 9, logit: 2, logProb: -0.5 },
      { tokenId: 10, logit: 1, logProb: -1.5 },
    ])
  })

  it('divides the logits by the temperature', () => {
    expect(new AlternativeList({ ...COLUMNS, temperature: 4 }, 0).at(0)?.logProb).toBe(-4)
  })

  it('has no log-probability above 0', () => {
    expect(new AlternativeList({ ...COLUMNS, logSumExp: Float64Array.of(3.99, 0) }, 0).at(0)?.logProb).toBe(0)
  })

  it.each([0, 1, 2, -1, -2, -3])('has the same element at %d as an array', (index) => {
    expect(SECOND_ROW.at(index)).toEqual([...SECOND_ROW].at(index))
  })

  it('has the same parts as an array', () => {
    expect(SECOND_ROW.slice(0, 1)).toEqual([{ tokenId: 9, logit: 2, logProb: -0.5 }])
  })

  it('equals a list with the same alternatives in other columns, in tests', () => {
    const columns = { ...COLUMNS, topIds: Int32Array.of(9, 10), topLogits: Float32Array.of(2, 1) }

    const list = new AlternativeList({ ...columns, logSumExp: Float64Array.of(2.5) }, 0)

    expect(list).toEqual(SECOND_ROW)
  })

  it('does not equal a list with other alternatives, in tests', () => {
    expect(new AlternativeList(COLUMNS, 0)).not.toEqual(SECOND_ROW)
  })

  it('is an array in JSON', () => {
    expect(JSON.parse(JSON.stringify(SECOND_ROW))).toEqual([...SECOND_ROW])
  })
})

describe('createColumns', () => {
  const COLUMN_OPTIONS = { rows: 3, topK: 100, temperature: 1 }

  it('takes 6 bytes for each alternative of GPT-2’s vocabulary', () => {
    const { topIds, topLogits } = createColumns({ ...COLUMN_OPTIONS, vocabularySize: 50_257 })

    expect(topIds.byteLength + topLogits.byteLength).toBe(6 * 3 * 100)
  })

  it.each([65_536, 65_537])('has room for the last id of a vocabulary of %i', (vocabularySize) => {
    const { topIds } = createColumns({ ...COLUMN_OPTIONS, vocabularySize })

    topIds[0] = vocabularySize - 1

    expect(topIds[0]).toBe(vocabularySize - 1)
  })
})
