import { html, nothing, type TemplateResult } from 'lit'

import type { ComparedNext, ComparedToken } from '../../../../src/shared/contracts/panel/comparison'
import type { SideNames } from '../../../../src/shared/text/comparisonText'
import { formatDecimal, formatDivergence } from '../../../../src/shared/text/format'
import { type ActualToken, closeList, mirroredTokens } from '../../../state/comparison/mirroredTokens'
import type { Row } from '../../../state/rows/rows'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import { mirrorTemplate } from './mirror'
import { nextPairFactsTemplate, pairFactsTemplate } from './pairFacts'

export interface ComparedAnswerOptions {
  readonly names: SideNames
  /** `likelier for mini`, `likelier in saved` */
  readonly likelier: SideNames
  readonly labels: TokenLabels
  /** Number of listed tokens of each side. */
  readonly topK: number
  /** All listed tokens are shown. */
  readonly isOpen: boolean
  readonly setOpen: (open: boolean) => void
}

/** Lines of the closed list. */
const CLOSED_LIST_LENGTH = 9
/** So that the actual token has a line of its own below a gap. */
const MIN_LIST_LENGTH = 3

/** Both sides' predictions of a row: figures, most likely tokens and how far apart they are. Null if it is not compared. */
export function comparedAnswerTemplate(row: Row, options: ComparedAnswerOptions): TemplateResult | null {
  const { compared, comparedNext, token } = row
  if (compared !== null && token !== null) {
    const { score, baselineScore } = compared
    const actual = {
      tokenId: token.tokenId,
      logProb: score.logProb,
      baselineLogProb: baselineScore.logProb,
    }
    const sides = { shown: score, baseline: baselineScore, actual }
    return html`${pairFactsTemplate(compared, options)} ${listTemplate(sides, options)}
    ${divergenceTemplate(compared, sides, options)}`
  }
  if (comparedNext === null) return null
  const sides = { ...comparedNext, actual: null }
  return html`${nextPairFactsTemplate(comparedNext, options.names)} ${listTemplate(sides, options)}
  ${divergenceTemplate(comparedNext, sides, options)}`
}

type Sides = Pick<ComparedNext, 'shown' | 'baseline'> & { readonly actual: ActualToken | null }

function listTemplate(sides: Sides, { names, labels, topK, isOpen }: ComparedAnswerOptions): TemplateResult {
  const tokens = mirroredTokens(sides)
  const closed = Math.max(MIN_LIST_LENGTH, Math.min(CLOSED_LIST_LENGTH, topK))
  const lines = isOpen ? tokens.length : closed
  return mirrorTemplate({
    list: closeList(tokens, sides.actual, lines),
    lines,
    actual: sides.actual?.tokenId ?? null,
    names,
    labels,
  })
}

function divergenceTemplate(
  { kl, jensenShannon }: Pick<ComparedToken, 'kl' | 'jensenShannon'>,
  { shown, baseline, actual }: Sides,
  { names, isOpen, setOpen }: ComparedAnswerOptions,
): TemplateResult {
  return html`<div class="list-controls">
      <button
        aria-expanded=${isOpen}
        @click=${() => {
          setOpen(!isOpen)
        }}
      >
        ${isOpen ? 'fewer' : 'more…'}
      </button>
      <span class="dim">both raw, over the full vocabulary</span>
    </div>
    <p class="divergence">
      <span
        title="Kullback–Leibler divergence of ${names.shown} from ${names.baseline} at this position: KL(${names.baseline} ‖ ${names.shown})"
        >KL ${formatDivergence(kl)}</span
      >
      <span title="Jensen–Shannon divergence of both at this position, at most ln 2 = 0.693 nats"
        >JS ${formatDivergence(jensenShannon)} nats</span
      >
      ${
        actual === null
          ? nothing
          : html`<span
              >entropy ${formatDecimal(shown.entropy)} vs ${formatDecimal(baseline.entropy)} bits</span
            >`
      }
    </p>`
}
