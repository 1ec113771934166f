import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { elementAt } from '../../../src/shared/elementAt'
import { formatCount, formatDecimal, formatProbability } from '../../../src/shared/text/format'
import { matchesTyped, type TypedPlace, typedPlaceOf } from '../../../src/shared/text/generation'
import {
  type Distribution,
  type Inspection,
  type TokenScore,
  MAX_TOP_K,
  type Section,
} from '../../../src/shared/contracts/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/protocol'
import { sampleDistribution, SortedLogits } from '../../../src/shared/numbers/sampling'
import { NEUTRAL_SAMPLING, type SamplingSettings } from '../../../src/shared/contracts/samplingSettings'
import { hexBytes, tokenPieces } from '../../../src/shared/text/tokenText'
import type { PanelActions } from '../../controller'
import { distributionAt, isNext, scoreAt, predictionAt } from '../../state/addresses'
import type { FullRow } from '../../state/panelState'
import { contextBefore, splitCharacterAt } from '../../tokens/context'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { candidatesTemplate, type Candidate } from './candidates'
import { LightElement } from '../base/lightElement'
import './sampling'
import type { Sampled } from './sampling'

/** The detail pane: all about the picked token, and which row of logits its numbers come from. */
@customElement('logitscope-detail')
export class DetailElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  @property({ attribute: false }) picked!: TokenAddress
  @property({ attribute: false }) fullRow!: FullRow
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) topK = 0
  @property({ attribute: false }) sampling!: SamplingSettings
  @property({ attribute: false }) actions!: PanelActions

  /** Null if the inspection is not a completion. */
  private typed: TypedPlace | null = null
  private sorted: SortedLogits | null = null
  private sampled: Sampled = 'loading'

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('fullRow'))
      this.sorted = this.fullRow.kind === 'loaded' ? new SortedLogits(this.fullRow.logits) : null
    this.typed = this.typedPlace()
    if (this.isSampledJointly) this.sampled = 'jointly'
    else if (this.sorted === null) this.sampled = 'loading'
    else if (typeof this.sampled === 'string' || changed.has('fullRow') || changed.has('sampling'))
      this.sampled = sampleDistribution(this.sorted, this.sampling)
  }

  private typedPlace(): TypedPlace | null {
    const { inspection, picked, labels } = this
    const { generation, sections } = inspection
    const { tokens } = elementAt(sections, picked.section)
    return generation === undefined
      ? null
      : typedPlaceOf(tokens, picked.position, {
          typed: generation.typed,
          bytesOf: (tokenId) => labels.bytesOf(tokenId),
        })
  }

  private get isSampledJointly(): boolean {
    const typed = this.inspection.generation?.typed ?? []
    return typed.length > 0 && this.typed?.inBeginning === true
  }

  protected override render(): TemplateResult {
    const section = elementAt(this.inspection.sections, this.picked.section)
    const { position } = this.picked
    const { vocabularySize } = this.inspection.model
    const distribution = distributionAt(section, position)
    const score = scoreAt(section, position)
    return html`<aside class="detail" aria-label="Picked token">
      ${this.titleTemplate(section)} ${this.contextTemplate(section)} ${this.generationTemplate()}
      ${
        distribution === null
          ? html`<p class="dim">${this.missingDistributionText(section)}</p>`
          : html`${factsTemplate(distribution, score, vocabularySize)}
            ${sourceTemplate(distribution, score, vocabularySize)}
            ${this.topTemplate(section, distribution, score)}`
      }
      <hr />
      <logitscope-sampling
        .sampling=${this.sampling}
        .vocabularySize=${vocabularySize}
        .initial=${this.inspection.generation?.sampling ?? NEUTRAL_SAMPLING}
        .sampled=${this.sampled}
        .actions=${this.actions}
      ></logitscope-sampling>
    </aside>`
  }

  private titleTemplate(section: Section): TemplateResult {
    const { position } = this.picked
    const count = formatCount(section.tokens.length)
    if (isNext(section, position))
      return html`<h2><i>next</i> <span class="dim">prediction after the last of ${count} tokens</span></h2>`
    const { tokenId } = elementAt(section.tokens, position)
    const split = splitCharacterAt(section.tokens, position, this.labels)
    return html`<h2>
        <code>${tokenTemplate(this.labels.piecesOf(tokenId))}</code>
        <span class="dim">token ${position} of ${count} · id ${tokenId}</span>
      </h2>
      <p class="bytes dim">
        bytes
        ${hexBytes(this.labels.bytesOf(tokenId))}${
          split === null ? nothing : html`, part of <code>${split}</code>`
        }
      </p>`
  }

  private contextTemplate(section: Section): TemplateResult {
    const { position } = this.picked
    const before = contextBefore(section, position, this.labels)
    if (before.length > 0)
      return html`<p class="context dim">
        <bdi>after <code>${tokenTemplate(before)}</code></bdi>
      </p>`
    const start = this.inspection.startToken ? html`after <code>&lt;|endoftext|&gt;</code>` : 'no context'
    return html`<p class="context dim"><bdi>${start}</bdi></p>`
  }

  private generationTemplate(): TemplateResult | typeof nothing {
    const { generation } = this.inspection
    if (this.typed === null || generation === undefined) return nothing
    const { left, inBeginning } = this.typed
    const { section } = this.picked
    const isGreedyAlternative = section > 0 && inBeginning && generation.sampling.temperature === 0
    return html`${
      left.length === 0
        ? nothing
        : html`<p class="dim">
            Only tokens that match the typed text <code>${tokenTemplate(tokenPieces(left))}</code> can be
            sampled
          </p>`
    }
    ${
      isGreedyAlternative
        ? html`<p class="dim">
            Candidate ${section + 1} starts with another of the most likely beginnings and is greedy from
            there
          </p>`
        : nothing
    }`
  }

  private missingDistributionText(section: Section): string {
    if (predictionAt(section, this.picked.position) !== null)
      return 'No prediction: the model has no context before this token, and the start token is off.'
    return this.inspection.state.kind === 'running' ? 'Not scored yet.' : 'Not scored.'
  }

  private topTemplate(
    section: Section,
    distribution: Distribution,
    score: TokenScore | null,
  ): TemplateResult {
    const actual = score === null ? null : elementAt(section.tokens, this.picked.position).tokenId
    const top = this.mostLikely(distribution)
    const share = top.reduce((sum, { probability }) => sum + probability, 0)
    const actualBelowTop =
      score === null || actual === null || top.some(({ tokenId }) => tokenId === actual)
        ? null
        : this.candidate(actual, score.logit, score.logProb)
    return html`${candidatesTemplate({ top, actualBelowTop, actual, labels: this.labels })}
      <p class="dim">
        <label
          >Top
          <input
            type="number"
            min="1"
            max=${MAX_TOP_K}
            .value=${String(this.topK)}
            aria-label="Number of most likely tokens to list"
            @change=${this.onTopKChange}
        /></label>
        ${formatProbability(Math.min(1, share))} of the total probability
      </p>
      ${
        this.fullRow.kind === 'failed'
          ? html`<p class="error" role="alert">
              Loading the full row of logits failed: ${this.fullRow.message}
            </p>`
          : nothing
      }`
  }

  private mostLikely({ top, logSumExp }: Distribution): Candidate[] {
    const { sorted } = this
    if (sorted === null)
      return top
        .slice(0, this.topK)
        .map(({ tokenId, logit, logProb }) => this.candidate(tokenId, logit, logProb))
    return sorted.mostLikely(this.topK).map((tokenId) => {
      const logit = elementAt(sorted.logits, tokenId)
      return this.candidate(tokenId, logit, logit - logSumExp)
    })
  }

  private candidate(tokenId: number, logit: number, logProb: number): Candidate {
    return { tokenId, logit, probability: Math.exp(logProb), sampled: this.sampledShareOf(tokenId) }
  }

  private sampledShareOf(tokenId: number): Candidate['sampled'] {
    if (typeof this.sampled === 'object') return this.sampled.probabilityOf(tokenId)
    const cannotBeSampled =
      this.typed !== null && !matchesTyped(this.typed.left, this.labels.bytesOf(tokenId))
    return cannotBeSampled ? 0 : this.sampled
  }

  private readonly onTopKChange = (event: Event) => {
    const input = event.target as HTMLInputElement
    const topK = Math.min(MAX_TOP_K, Math.max(1, Math.round(input.valueAsNumber) || this.topK))
    input.value = String(topK)
    this.actions.setTopK(topK)
  }
}

function factsTemplate(
  { entropy }: Distribution,
  score: TokenScore | null,
  vocabularySize: number,
): TemplateResult {
  const fact = (name: string, value: string) =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  return html`<dl class="facts">
    ${
      score === null
        ? nothing
        : html`${fact('probability', formatProbability(Math.exp(score.logProb)))}
          ${fact(`rank of ${formatCount(vocabularySize)}`, formatCount(score.rank))}
          ${fact('surprisal', `${formatDecimal(score.surprisal)} bits`)}`
    }
    ${fact('entropy', `${formatDecimal(entropy)} bits`)}
  </dl>`
}

/** Which row of the model's output this is, and how the token's log-probability follows from it. */
function sourceTemplate(
  { logitsRow, seqLen, logSumExp }: Distribution,
  score: TokenScore | null,
  vocabularySize: number,
): TemplateResult {
  const lse = formatDecimal(logSumExp, 3)
  return html`<p class="source dim">
    <code>logits[0, ${logitsRow}] of [1, ${seqLen}, ${vocabularySize}]</code><br />
    ${
      score === null
        ? html`log-sum-exp ${lse}`
        : html`logit ${formatDecimal(score.logit, 3)} − log-sum-exp ${lse} = log-prob
          ${formatDecimal(score.logProb, 3)}`
    }
  </p>`
}
