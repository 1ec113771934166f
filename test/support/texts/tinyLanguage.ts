// A language of a few tokens and fake models of it, small enough to enumerate.

import { TokenIndex } from '../../../src/engine/generation/tokenIndex'
import { logSumExp } from '../../../src/shared/numbers/logProbs'
import type { NextRow } from '../../../src/engine/generation/nextToken'
import { Vocabulary } from '../../../src/shared/text/vocabulary'

export interface TinyLanguage {
  readonly index: TokenIndex
  readonly end: number
  /** Ids by text. */
  readonly id: (token: string) => number
  readonly ids: (...tokens: string[]) => Int32Array
  readonly text: (tokenIds: ArrayLike<number>) => string
}

/** A language of these tokens (ASCII, at least one character each), in this order, and an end token after them. */
export function tinyLanguage(tokens: readonly string[]): TinyLanguage {
  const end = tokens.length
  const encoded = [...tokens, '<end>'].map((token) => Buffer.from(token))
  const offsets = new Uint32Array(encoded.length + 1)
  let endByte = 0
  encoded.forEach((token, id) => {
    endByte += token.length
    offsets[id + 1] = endByte
  })
  const id = (token: string) => {
    const found = tokens.indexOf(token)
    if (found === -1) throw new Error(`“${token}” is not a token`)
    return found
  }
  return {
    index: new TokenIndex(new Vocabulary(new Uint8Array(Buffer.concat(encoded)), offsets), end),
    end,
    id,
    ids: (...wanted) => Int32Array.from(wanted, id),
    text: (tokenIds) => Array.from(tokenIds, (tokenId) => tokens[tokenId] ?? '').join(''),
  }
}

/** A model of the language: the raw logits of the row after any tokens. */
export type TinyModel = NextRow['logits']

/** The model's rows, with the reductions computed in JavaScript. */
export function rowsOf(model: TinyModel): NextRow {
  return {
    logits: model,
    mostLikely: async (tokenIds, count) => {
      const logits = await model(tokenIds)
      return Array.from(logits, (logit, tokenId) => ({ tokenId, logit, logProb: logit - logSumExp(logits) }))
        .toSorted((a, b) => b.logit - a.logit || a.tokenId - b.tokenId)
        .slice(0, count)
    },
  }
}

/** A model with pseudo-random logits that depend on the whole sequence and the seed. */
export function madeUpModel(language: TinyLanguage, seed: number): TinyModel {
  return (tokenIds) => {
    let state = seed
    const mix = (value: number) => {
      state = Math.imul(state ^ value, 0x9e3779b1)
      state ^= state >>> 15
    }
    for (const tokenId of tokenIds) mix(tokenId + 1)
    const logits = Float32Array.from({ length: language.end + 1 }, (_, tokenId) => {
      mix(tokenId + 1000)
      return ((state >>> 0) / 2 ** 32) * 8 - 4
    })
    return Promise.resolve(logits)
  }
}

/** A model that follows a table: for each text, the probabilities of the next tokens. All other tokens have almost none. */
export function modelOf(
  language: TinyLanguage,
  table: Readonly<Record<string, Readonly<Record<string, number>>>>,
): TinyModel {
  return (tokenIds) => {
    const logits = new Float32Array(language.end + 1).fill(-30)
    for (const [token, probability] of Object.entries(table[language.text(tokenIds)] ?? { END: 1 })) {
      logits[token === 'END' ? language.end : language.id(token)] = Math.log(probability)
    }
    return Promise.resolve(logits)
  }
}
