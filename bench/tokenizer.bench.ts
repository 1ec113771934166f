// Texts that are hard for a tokenizer: the time for a megabyte against the time that the target of 1 MB/s allows, and
// the longest time without a turn against the 50 ms that are allowed. No model is loaded.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import ranks from 'tiktoken/encoders/gpt2.json'
import { Tokenizer } from '../src/tokenizer/tokenizer'
import { HARD_TEXTS, type HardText } from '../test/support/texts/hardTexts'
import { benchArguments, type Comparison } from './measure'

const UNITS = 1_000_000
const REPETITIONS = 3
/** 1 MB of UTF-8 in a second. */
const BYTES_PER_MS = 1000
const MAX_TURN_MS = 50

const { repository, resultsFile } = benchArguments()
const wasm = await readFile(join(repository, 'dist', 'tiktoken_bg.wasm'))
const { signal } = new AbortController()

const results: Comparison[] = []
for (const text of HARD_TEXTS) results.push(...(await measure(text)))
await writeFile(resultsFile, JSON.stringify(results))

async function measure({ name, ofLength }: HardText): Promise<Comparison[]> {
  const text = ofLength(UNITS)
  const times: number[] = []
  const longestTurns: number[] = []
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    // Without the pieces that the last repetition cached.
    const tokenizer = await Tokenizer.load({ wasm, ranks })
    const started = performance.now()
    let turnStarted = started
    let longestTurn = 0
    const endTurn = () => {
      longestTurn = Math.max(longestTurn, performance.now() - turnStarted)
    }
    const turn = async () => {
      endTurn()
      await setImmediate()
      turnStarted = performance.now()
    }
    await tokenizer.tokenize(text, { signal, turn })
    endTurn()
    times.push(performance.now() - started)
    longestTurns.push(longestTurn)
    tokenizer.dispose()
  }
  return [
    { name, unit: 'ms', ours: times, against: [new TextEncoder().encode(text).length / BYTES_PER_MS] },
    { name: `${name}: longest turn`, unit: 'ms', ours: longestTurns, against: [MAX_TURN_MS] },
  ]
}
