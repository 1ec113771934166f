import { expect, it } from 'vitest'
import { StoredLens } from '../../../../../src/features/inspect/store/storedLens'
import { LENS_BLOCK_LENGTH, LensRows } from '../../../../../src/shared/contracts/panel/lensRows'
import { lensRowOf } from '../../../../support/panel/lensOfInspection'
import { referenceInspection } from '../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const rowAt = (position: number) => lensRowOf(inspection, { section: 0, position })
const LATER = LENS_BLOCK_LENGTH + 4

it('saving the lens writes only the blocks that have changed', async () => {
  const stored = new StoredLens()
  const names: string[] = []
  const write = (name: string) => {
    names.push(name)
    return Promise.resolve()
  }
  const first = LensRows.EMPTY.with({ section: 0, position: 3 }, [rowAt(3)])
  const second = first.with({ section: 1, position: LATER }, [rowAt(4)])

  for (const lens of [first, first, second]) await stored.write(lens, write)

  expect(names).toEqual(['lens-0-0', `lens-1-${LENS_BLOCK_LENGTH}`])
})

it('restoring the lens returns the rows that were written, without those whose file is missing', async () => {
  const files = new Map<string, Uint8Array>()
  const lens = LensRows.EMPTY.with({ section: 0, position: 3 }, [rowAt(3)]).with(
    { section: 0, position: LATER },
    [rowAt(4)],
  )
  await new StoredLens().write(lens, (name, content) => {
    files.set(name, content)
    return Promise.resolve()
  })
  files.delete('lens-0-0')

  const restored = await new StoredLens().read(lens.blocks, (name) => {
    const content = files.get(name)
    return content === undefined ? Promise.reject(new Error('missing')) : Promise.resolve(content)
  })

  expect(restored.ofSection(0)).toEqual(new Map([[LATER, rowAt(4)]]))
})
