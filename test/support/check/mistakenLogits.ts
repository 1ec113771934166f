// test/fixtures/reference/defects: what implementations with mistakes give, computed by PyTorch (test/reference/mistakes.py).
// S tokens, C = nEmbd, V = 50257

import { readFileSync } from 'node:fs'
import { type SeededGpt2, writeSeededGpt2 } from '../../../bench/fullSize/seededGpt2'
import { toFloats } from '../../../src/model/formats/floats'
import { withModelFolder } from '../../../src/model/folder/modelFolder'
import type { Defect } from '../../../src/shared/contracts/check/checkResult'
import type { ModelLocation } from '../../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../../src/shared/elementAt'
import { MINI } from '../engine/engineUnderTest'

const V = 50257

export interface MistakenCase {
  /** Place of its text. */
  readonly text: number
  /** Names in mistakes.py; empty for GPT-2 itself. */
  readonly mistakes: readonly string[]
  readonly defects: readonly Defect[]
  /** Places of the first value in the array file. */
  readonly head: number
  readonly hidden?: Readonly<Record<string, number>>
}

interface MistakenFile {
  readonly model?: SeededGpt2
  readonly texts: readonly { readonly name: string; readonly ids: readonly number[] }[]
  readonly cases: readonly MistakenCase[]
}

/** The cases of one model: the embedded one, or a small one with seeded weights. */
export class MistakenModel {
  readonly texts: readonly Int32Array[]
  readonly cases: readonly MistakenCase[]
  private readonly arrays: Float32Array
  private readonly seeded: SeededGpt2 | undefined

  constructor(name: 'mini' | 'small') {
    const read = (file: string) => readFileSync(new URL(`../../fixtures/reference/${file}`, import.meta.url))
    const file = (JSON.parse(read('defects.json').toString('utf8')) as Record<typeof name, MistakenFile>)[
      name
    ]
    this.seeded = file.model
    this.texts = file.texts.map(({ ids }) => Int32Array.from(ids))
    this.cases = file.cases
    this.arrays = new Float32Array(new Uint8Array(read(`defects.${name}.bin`)).buffer)
  }

  /** The model's files; those of the seeded one are written to `folder`. */
  async location(folder: string): Promise<ModelLocation> {
    if (this.seeded === undefined) return MINI
    await writeSeededGpt2(folder, this.seeded)
    return { id: 'small', folder, description: 'A seeded model.', storage: 'user' }
  }

  /** Rows [S · C] that the LM head reads. */
  headRows({ text, head }: MistakenCase, C: number): Float32Array {
    return this.arrays.subarray(head, head + elementAt(this.texts, text).length * C)
  }

  /** Rows [S · C] of a hidden state. */
  hiddenRows({ text, hidden = {} }: MistakenCase, state: string, C: number): Float32Array {
    const place = hidden[state]
    if (place === undefined) throw new Error(`the case has no ${state}`)
    return this.arrays.subarray(place, place + elementAt(this.texts, text).length * C)
  }
}

/** The matrix of the LM head [V · C], read from the model's files. */
export function headMatrix({ folder }: ModelLocation): Promise<Float32Array> {
  return withModelFolder(folder, async (checkpoint) => {
    const name = checkpoint.config.tied ? 'wte.weight' : 'lm_head.weight'
    const { type } = checkpoint.weight(name)
    if (type !== 'float32' && type !== 'float16' && type !== 'bfloat16') throw new Error(`${name} is ${type}`)
    return toFloats(new Uint8Array(await checkpoint.read(name)), type)
  })
}

/** Raw logits [R · V]: each row [C] times the transposed matrix [V, C], in float64. */
export function logitsOf(rows: Float32Array, matrix: Float32Array, C: number): Float32Array {
  const R = rows.length / C
  const logits = new Float32Array(R * V)
  for (let v = 0; v < V; v++) {
    for (let r = 0; r < R; r++) {
      let sum = 0
      for (let c = 0; c < C; c++) sum += (rows[r * C + c] ?? NaN) * (matrix[v * C + c] ?? NaN)
      logits[r * V + v] = sum
    }
  }
  return logits
}
