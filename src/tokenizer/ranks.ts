import { START_TOKEN_ID } from '../shared/contracts/engine/prediction'
import { Vocabulary } from '../shared/text/vocabulary'

/** GPT-2's byte-pair encoding in tiktoken's format: `tiktoken/encoders/gpt2.json`. */
export interface Gpt2Ranks {
  /** The regular expression that splits a text into pre-tokens. */
  readonly pat_str: string
  /** Lines of `! firstId token token …`, each token's bytes in base64. */
  readonly bpe_ranks: string
}

const START_TOKEN_TEXT = '<|endoftext|>'

/** The bytes of all tokens, including the start token. */
export function vocabularyOf(ranks: Gpt2Ranks): Vocabulary {
  const tokens: string[] = []
  for (const line of ranks.bpe_ranks.split('\n')) {
    const [, firstId, ...encoded] = line.split(' ')
    for (const [i, base64] of encoded.entries()) tokens[Number(firstId) + i] = atob(base64)
  }
  tokens[START_TOKEN_ID] = START_TOKEN_TEXT
  return fromBinaryStrings(tokens)
}

/** Each character of `tokens` is one byte, as `atob` gives it. */
function fromBinaryStrings(tokens: readonly string[]): Vocabulary {
  const offsets = new Uint32Array(tokens.length + 1)
  let end = 0
  for (const [id, token] of tokens.entries()) {
    end += token.length
    offsets[id + 1] = end
  }
  const bytes = Uint8Array.from(tokens.join(''), (character) => character.charCodeAt(0))
  return new Vocabulary(bytes, offsets)
}
