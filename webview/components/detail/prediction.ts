import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { elementAt } from '../../../src/shared/elementAt'
import { formatProbability } from '../../../src/shared/text/format'
import { isCompared, likelierTexts, sideNames } from '../../../src/shared/text/comparisonText'
import { matchesTyped, type TypedPlace, typedPlaceOf } from '../../../src/shared/text/generation'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { type Distribution, MAX_TOP_K } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import {
  type SampledDistribution,
  sampleDistribution,
  SortedLogits,
} from '../../../src/shared/numbers/sampling'
import {
  NEUTRAL_SAMPLING,
  type SamplingSettings,
} from '../../../src/shared/contracts/engine/samplingSettings'
import { tokenPieces } from '../../../src/shared/text/tokenText'
import type { PanelActions } from '../../controllers/controller'
import type { FullRow, PredictionPart } from '../../state/inspection/panelState'
import type { Row, RowBlock } from '../../state/rows/rows'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { type Candidate, type CandidateLine, candidatesTemplate } from '../base/candidates'
import { chipsTemplate } from './chips'
import { comparedAnswerTemplate } from './compared/comparedAnswer'
import './compared/scatter'
import { shownSideTemplate, uncomparedTemplate } from '../base/comparedSide'
import { howComputedTemplate } from './howComputed'
import { LightElement } from '../base/lightElement'
import { missingPredictionTemplate } from '../base/missingPrediction'
import { factsTemplate, titleTemplate } from '../base/pickedToken'
import './sampling'
import type { Sampled } from './sampling'
import { activeSettings, type SamplingControlName } from './samplingControls'

/** How many of the most likely tokens are listed before the list is opened. */
const CLOSED_LIST_LENGTH = 4

/** The tab Prediction: what the model expected at the picked token, and what sampling makes of it. */
@customElement('logitscope-prediction')
export class PredictionElement extends LightElement {
  @property({ attribute: false }) inspection!: Inspection
  /** The rows of each section. */
  @property({ attribute: false }) rows!: readonly RowBlock[]
  @property({ attribute: false }) picked!: TokenAddress
  @property({ attribute: false }) fullRow!: FullRow
  @property({ attribute: false }) labels!: TokenLabels
  /** How many tokens the open list has. */
  @property({ attribute: false }) topK = 0
  @property({ attribute: false }) sampling!: SamplingSettings
  @property({ attribute: false }) openParts!: ReadonlySet<PredictionPart>
  @property({ attribute: false }) contrastId: number | null = null
  @property({ attribute: false }) actions!: PanelActions

  /** Null if the inspection is not a completion. */
  private typed: TypedPlace | null = null
  private sorted: SortedLogits | null = null
  private distributionAfterSampling: SampledDistribution | null = null
  private sampled: Sampled = 'loading'

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { fullRow } = this
    this.typed = this.typedPlace()
    if (changed.has('fullRow'))
      this.sorted = fullRow.kind === 'loaded' ? new SortedLogits(fullRow.logits) : null
    if (changed.has('fullRow') || changed.has('sampling'))
      this.distributionAfterSampling = this.sorted && sampleDistribution(this.sorted, this.sampling)
    this.sampled = this.isSampledJointly ? 'jointly' : (this.distributionAfterSampling ?? this.rowStatus)
  }

  private get row(): Row {
    return elementAt(elementAt(this.rows, this.picked.section), this.picked.position)
  }

  private typedPlace(): TypedPlace | null {
    const { inspection, labels } = this
    const { section, position } = this.picked
    const { generation, sections } = inspection
    if (generation === undefined) return null
    return typedPlaceOf(elementAt(sections, section).tokens, position, {
      typed: generation.typed,
      bytesOf: (tokenId) => labels.bytesOf(tokenId),
    })
  }

  private get isSampledJointly(): boolean {
    const typed = this.inspection.generation?.typed ?? []
    return typed.length > 0 && this.typed?.inBeginning === true
  }

  /** Why the full row of logits is not available. */
  private get rowStatus(): 'loading' | 'failed' | 'unscored' {
    if (this.fullRow.kind === 'failed') return 'failed'
    const { distribution, stale } = this.row
    return distribution === null || stale ? 'unscored' : 'loading'
  }

  protected override render(): TemplateResult {
    const { row, inspection, labels } = this
    const missing = row.distribution === null ? row.unscored : null
    return html`<aside class="detail" aria-label="Picked token">
      ${titleTemplate(row, labels)}
      <div class="answer ${row.stale ? 'stale' : ''} ${missing === null ? '' : 'blank'}">
        ${missing === null ? nothing : missingPredictionTemplate(missing, inspection, this.actions)}
        <div class="numbers">
          ${
            this.comparedTemplate(row) ??
            html`${factsTemplate(row, inspection.model.vocabularySize)} ${uncomparedTemplate(row, inspection)}
            ${this.listTemplate(row)}`
          }
        </div>
      </div>
      ${this.failureTemplate()} ${this.generationTemplate()} ${this.scatterTemplate()}
      ${this.partTemplate('sampling', 'Sampling', this.samplingTemplate())}
      ${this.partTemplate('computed', 'How computed', howComputedTemplate(row, inspection, labels))}
    </aside>`
  }

  /** Null if the row has only the shown side. */
  private comparedTemplate(row: Row): TemplateResult | null {
    const { inspection, labels } = this
    if (!isCompared(inspection)) return null
    return comparedAnswerTemplate(row, {
      names: sideNames(inspection),
      likelier: likelierTexts(inspection),
      labels,
      topK: inspection.topK,
      isOpen: this.openParts.has('list'),
      setOpen: (open) => {
        this.actions.setPartOpen({ part: 'list', open })
      },
    })
  }

  private scatterTemplate(): TemplateResult | typeof nothing {
    const { inspection, rows, picked, labels, actions } = this
    if (!isCompared(inspection)) return nothing
    return html`<logitscope-scatter
      .rows=${rows}
      .picked=${picked}
      .names=${sideNames(inspection)}
      .likelier=${likelierTexts(inspection)}
      .labels=${labels}
      .actions=${actions}
    ></logitscope-scatter>`
  }

  private listTemplate(row: Row): TemplateResult {
    const { labels, sampling } = this
    const isOpen = this.openParts.has('list')
    const top = this.mostLikely(row, isOpen ? this.topK : Math.min(CLOSED_LIST_LENGTH, this.topK))
    const actual = row.token === null ? null : row.token.tokenId
    const isListed = top.some((line) => typeof line === 'object' && line.tokenId === actual)
    const { score } = row
    return html`${chipsTemplate(sampling, this.onRemoveSetting)}
      ${candidatesTemplate({
        top,
        actualBelowTop:
          score === null || actual === null || isListed
            ? null
            : this.candidate(actual, score.logit, score.logProb),
        actual,
        showsSampled: this.showsSampled,
        measure: 'logit',
        contrastId: this.contrastId,
        labels,
      })}
      <div class="list-controls">
        ${isOpen ? this.lengthTemplate(top) : nothing}
        <button
          aria-expanded=${isOpen}
          @click=${() => {
            this.actions.setPartOpen({ part: 'list', open: !isOpen })
          }}
        >
          ${isOpen ? 'fewer' : 'more…'}
        </button>
      </div>`
  }

  /** The column says nothing while sampling draws from the model's own distribution. */
  private get showsSampled(): boolean {
    const restricted = this.isSampledJointly || (this.typed !== null && this.typed.left.length > 0)
    return restricted || activeSettings(this.sampling).length > 0
  }

  private lengthTemplate(top: readonly CandidateLine[]): TemplateResult {
    const listed = top.filter((line) => typeof line === 'object')
    const share = listed.reduce((sum, { probability }) => sum + probability, 0)
    const shareText = top.includes('loading') ? '…' : formatProbability(Math.min(1, share))
    return html`<label
        >Top
        <input
          type="number"
          min="1"
          max=${MAX_TOP_K}
          .value=${String(this.topK)}
          aria-label="Number of most likely tokens to list"
          @change=${this.onTopKChange}
      /></label>
      <span class="dim share-listed">${shareText} of all<span class="from-431"> probability</span></span>`
  }

  /** `count` lines; a line whose token is not known keeps its place. */
  private mostLikely({ distribution }: Row, count: number): readonly CandidateLine[] {
    const known = distribution === null ? [] : this.knownCandidates(distribution, count)
    const filler = this.rowStatus === 'failed' ? 'blank' : 'loading'
    return [...known, ...new Array<CandidateLine>(count - known.length).fill(filler)]
  }

  private knownCandidates({ top, logSumExp }: Distribution, count: number): readonly Candidate[] {
    const { sorted } = this
    if (sorted === null)
      return top.slice(0, count).map(({ tokenId, logit, logProb }) => this.candidate(tokenId, logit, logProb))
    return sorted.mostLikely(count).map((tokenId) => {
      const logit = elementAt(sorted.logits, tokenId)
      return this.candidate(tokenId, logit, logit - logSumExp)
    })
  }

  private candidate(tokenId: number, logit: number, logProb: number): Candidate {
    return { tokenId, measured: logit, probability: Math.exp(logProb), sampled: this.sampledShareOf(tokenId) }
  }

  private sampledShareOf(tokenId: number): Candidate['sampled'] {
    if (typeof this.sampled === 'object') return this.sampled.probabilityOf(tokenId)
    const cannotBeSampled =
      this.typed !== null && !matchesTyped(this.typed.left, this.labels.bytesOf(tokenId))
    if (cannotBeSampled) return 0
    return this.sampled === 'loading' || this.sampled === 'unscored' ? 'loading' : 'unknown'
  }

  private failureTemplate(): TemplateResult | typeof nothing {
    if (this.fullRow.kind !== 'failed') return nothing
    return html`<p class="error failure" role="alert">
      Loading the full row of logits failed: ${this.fullRow.message}
      <button
        @click=${() => {
          this.actions.retryLogits()
        }}
      >
        Retry
      </button>
    </p>`
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
            sampled.
          </p>`
    }
    ${
      isGreedyAlternative
        ? html`<p class="dim">
            Candidate ${section + 1} starts with another of the most likely beginnings and is greedy from
            there.
          </p>`
        : nothing
    }`
  }

  private partTemplate(part: PredictionPart, title: string, content: TemplateResult): TemplateResult {
    return html`<details
      class="part"
      .open=${this.openParts.has(part)}
      @toggle=${(event: Event) => {
        const { open } = event.currentTarget as HTMLDetailsElement
        this.actions.setPartOpen({ part, open })
      }}
    >
      <summary>${title}</summary>
      ${content}
    </details>`
  }

  private samplingTemplate(): TemplateResult {
    return html`${shownSideTemplate(this.inspection, 'Samples from')}<logitscope-sampling
        .sampling=${this.sampling}
        .vocabularySize=${this.inspection.model.vocabularySize}
        .initial=${this.inspection.generation?.sampling ?? NEUTRAL_SAMPLING}
        .sampled=${this.sampled}
        .actions=${this.actions}
      ></logitscope-sampling>`
  }

  private readonly onRemoveSetting = (name: SamplingControlName, event: Event) => {
    const chip = (event.currentTarget as Element).closest('li')
    const next =
      chip?.nextElementSibling?.querySelector('button') ?? this.querySelector<HTMLElement>('.heading')
    next?.focus()
    this.actions.setSampling({ [name]: NEUTRAL_SAMPLING[name] })
  }

  private readonly onTopKChange = (event: Event) => {
    const input = event.target as HTMLInputElement
    const topK = Math.min(MAX_TOP_K, Math.max(1, Math.round(input.valueAsNumber) || this.topK))
    input.value = String(topK)
    this.actions.setTopK(topK)
  }
}
