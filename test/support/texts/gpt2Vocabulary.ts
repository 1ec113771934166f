import { readFileSync } from 'node:fs'

import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { VOCABULARY_SIZE } from '../../../src/model/gpt2/config'
import { Vocabulary } from '../../../src/shared/text/vocabulary'

const RANKS = new URL('../../../node_modules/tiktoken/encoders/gpt2.json', import.meta.url)

/** GPT-2's vocabulary in tiktoken's format: lines of `! <first id> <base64> <base64> …`. */
export function readGpt2Vocabulary(): Vocabulary {
  const { bpe_ranks: ranks } = JSON.parse(readFileSync(RANKS, 'utf8')) as { bpe_ranks: string }
  const tokens: Uint8Array[] = []
  for (const line of ranks.split('\n')) {
    const [, first, ...encoded] = line.split(' ')
    encoded.forEach((token, i) => (tokens[Number(first) + i] = Buffer.from(token, 'base64')))
  }
  tokens[START_TOKEN_ID] = Buffer.from('<|endoftext|>')
  const offsets = new Uint32Array(VOCABULARY_SIZE + 1)
  let end = 0
  tokens.forEach((token, id) => {
    end += token.length
    offsets[id + 1] = end
  })
  return new Vocabulary(new Uint8Array(Buffer.concat(tokens)), offsets)
}
