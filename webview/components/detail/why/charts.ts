import { html, type TemplateResult } from 'lit'

import type { ContextPoint } from '../../../../src/shared/contracts/engine/explanation'
import type { WhyAnswer } from '../../../../src/shared/contracts/panel/why'
import { layerName } from '../../../../src/shared/text/layerNames'
import { formatCounted } from '../../../../src/shared/text/format'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import type { AxisPlace, Curve } from './curves'
import './curves'
import { textTokenCount } from './places'

export interface ChartsOptions {
  /** Null before the host has begun to answer. */
  readonly answer: WhyAnswer | null
  readonly nLayer: number
  readonly startToken: boolean
  /** The layer that the other views show. */
  readonly layer: number
  readonly labels: TokenLabels
}

/** The probability of the token, and of the one it is contrasted with, after each layer and with parts of the context. */
export function chartsTemplate({ answer, nLayer, startToken, layer, labels }: ChartsOptions): TemplateResult {
  const layerPlaces = Array.from({ length: nLayer + 1 }, (_, i): AxisPlace => {
    return { label: i === 0 ? 'emb' : String(i - 1), spoken: layerName(i, nLayer) }
  })
  const lengths = answer === null ? [] : contextLengths(textTokenCount({ window: answer.window, startToken }))
  const last = lengths.length - 1
  const contextPlaces = lengths.map((length, i): AxisPlace => {
    return { label: i === last ? 'all' : String(length), spoken: formatCounted(length, 'token') }
  })
  return html`<div class="charts">
    <logitscope-curves
      .caption=${'after each layer'}
      .places=${layerPlaces}
      .curves=${curvesOf(answer, labels, (index) => [...(answer?.layers?.[index] ?? [])])}
      .markedPlace=${layer}
    ></logitscope-curves>
    <logitscope-curves
      .caption=${'with the last n tokens only'}
      .places=${contextPlaces}
      .curves=${curvesOf(answer, labels, (index) => valuesAt(lengths, answer?.context?.[index] ?? []))}
      .markedPlace=${last}
    ></logitscope-curves>
  </div>`
}

function curvesOf(
  answer: WhyAnswer | null,
  labels: TokenLabels,
  logProbsOf: (index: number) => Curve['logProbs'],
): readonly Curve[] {
  if (answer === null) return []
  const { tokenId, contrast } = answer.subject
  const curve = (id: number, side: Curve['side'], index: number): Curve => {
    return { side, spoken: labels.speak(id), logProbs: logProbsOf(index) }
  }
  const own = curve(tokenId, 'plus', 0)
  // The token's own curve is drawn last, on top.
  return contrast.kind === 'token' ? [curve(contrast.tokenId, 'minus', 1), own] : [own]
}

/** The lengths that the host computes: 1, 2, 4, 8 …, then all tokens. */
function contextLengths(all: number): readonly number[] {
  const lengths: number[] = []
  for (let length = 1; length < all; length *= 2) lengths.push(length)
  return [...lengths, all]
}

function valuesAt(lengths: readonly number[], points: readonly ContextPoint[]): Curve['logProbs'] {
  return lengths.map((length) => points.find(({ tokens }) => tokens === length)?.logProb)
}
