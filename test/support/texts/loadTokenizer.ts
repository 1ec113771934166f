import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ranks from 'tiktoken/encoders/gpt2.json'
import { Tokenizer } from '../../../src/tokenizer/tokenizer'

/** The product's tokenizer, with the assets of the installed package. */
export async function loadTokenizer(): Promise<Tokenizer> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve('tiktoken/lite/tiktoken_bg.wasm')))
  return Tokenizer.load({ wasm, ranks })
}

/** Options for a tokenization without a cancel. */
export const UNCANCELLED = { signal: new AbortController().signal, turn: () => Promise.resolve() }
