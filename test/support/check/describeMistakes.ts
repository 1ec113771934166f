import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOADING_LIMIT_MS } from '../engine/engineUnderTest'
import { MistakeMatrix } from './mistakeMatrix'
import { type MistakenCase, MistakenModel } from './mistakenLogits'

/** Mistakes whose effect is as small as the rounding of float16, alone or beside a larger one. */
const TOO_SMALL_FOR_FLOAT16 = ['exact GELU', 'epsilon 1e-12', 'epsilon 1e-6', 'epsilon outside']

/** The tests of every mistake of a model in the text at a place: a file each, so that they run side by side. */
export function describeMistakes(name: 'mini' | 'small', text: number): void {
  describe(`Mistakes in ${name}, text ${text}, as PyTorch makes them`, () => {
    let folder: string
    let matrix: MistakeMatrix

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'logitscope-mistakes-'))
      matrix = await MistakeMatrix.load(name, folder)
    }, LOADING_LIMIT_MS)

    afterAll(() => rm(folder, { recursive: true }))

    const cases = new MistakenModel(name).cases
      .filter((mistaken) => mistaken.text === text)
      // Dropout cannot be simulated: a second run tells it.
      .filter(({ defects }) => defects.length > 0 && !defects.includes('dropout'))
      .map((mistaken) => [mistaken.mistakes.join(' and '), mistaken] as const)

    it.each(cases)('%s is named in float32', async (_, mistaken) => {
      const { decision } = await matrix.search(mistaken, 'float32')
      expect(decision).toMatchObject({ kind: 'named', isWhole: true })
      expect(namesIn(decision)).toEqual([...mistaken.defects].sort())
    })

    it.each(cases.filter(([, mistaken]) => isLargeEnough(mistaken)))(
      '%s is named in float16',
      async (_, mistaken) => {
        const { decision } = await matrix.search(mistaken, 'float16')
        expect(namesIn(decision)).toEqual([...mistaken.defects].sort())
      },
    )

    it.each(cases.filter(([, mistaken]) => !isLargeEnough(mistaken)))(
      '%s is not taken for anything else in float16',
      async (_, mistaken) => {
        const { decision } = await matrix.search(mistaken, 'float16')
        const named = namesIn(decision)
        expect(named.filter((defect) => !mistaken.defects.some((made) => made === defect))).toEqual([])
      },
    )
  })
}

function isLargeEnough({ mistakes }: MistakenCase): boolean {
  return !mistakes.some((mistake) => TOO_SMALL_FOR_FLOAT16.includes(mistake))
}

function namesIn(decision: Awaited<ReturnType<MistakeMatrix['search']>>['decision']): string[] {
  return decision.kind === 'named' ? [...decision.best.defects].sort() : []
}
