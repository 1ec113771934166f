import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An array that a reader has to find in a file. */
export interface ExpectedArray {
  readonly name: string | null
  readonly dtype: string
  readonly order: 'C' | 'F'
  readonly shape: readonly number[]
  /** In the order of a C array, in float64. */
  readonly numbers: readonly number[]
}

/** A small file that NumPy, PyTorch or safetensors wrote; see test/reference/arrays.py. */
export interface NumpyFixture {
  readonly name: string
  readonly file: string
  readonly bytes: Uint8Array
  readonly arrays: readonly ExpectedArray[]
  /** A part of the error's message, if the file has to be refused. */
  readonly refused: string | undefined
}

export function numpyFixtures(): NumpyFixture[] {
  const path = join(import.meta.dirname, '../../fixtures/reference/arrays.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as StoredFixture[]).map(
    ({ name, file, base64, arrays = [], refused }) => ({
      name,
      file,
      bytes: new Uint8Array(Buffer.from(base64, 'base64')),
      arrays: arrays.map((array) => ({ ...array, numbers: array.numbers.map(Number) })),
      refused,
    }),
  )
}

interface StoredFixture {
  readonly name: string
  readonly file: string
  readonly base64: string
  readonly arrays?: readonly (Omit<ExpectedArray, 'numbers'> & { readonly numbers: readonly string[] })[]
  readonly refused?: string
}
