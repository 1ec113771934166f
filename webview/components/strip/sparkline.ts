import { html, nothing, type PropertyValues, svg, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'

import { elementAt } from '../../../src/shared/elementAt'
import { type Metric, METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import type { Section } from '../../../src/shared/contracts/prediction'
import { tokenCount } from '../../../src/shared/numbers/summary'
import type { TokenAddress } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'
import { fromFlatIndex, scoreAt, toFlatIndex } from '../../state/addresses'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { LightElement } from '../base/lightElement'

/** Narrower bars cannot be told apart. */
const MIN_BAR_PX = 2
/** Page Up and Page Down move by this share of the text. */
const PAGE_SHARE = 0.1

/** A bar chart of the metric over the whole text, which is also a slider over the tokens. */
@customElement('logitscope-sparkline')
export class SparklineElement extends LightElement {
  @property({ attribute: false }) sections: readonly Section[] = []
  @property({ attribute: false }) metric!: Metric
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) picked: TokenAddress | null = null
  @property({ attribute: false }) actions!: PanelActions

  @state() private width = 0
  private bins: readonly Bin[] = []

  private readonly resizeObserver = new ResizeObserver((entries) => {
    for (const { contentRect } of entries) this.width = Math.floor(contentRect.width)
  })

  override connectedCallback(): void {
    super.connectedCallback()
    this.resizeObserver.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.resizeObserver.disconnect()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('sections') || changed.has('metric') || changed.has('width'))
      this.bins = binByMaximum(this.sections, this.metric, Math.max(1, Math.floor(this.width / MIN_BAR_PX)))
  }

  protected override render(): TemplateResult | typeof nothing {
    const count = tokenCount(this.sections)
    if (count === 0) return nothing
    const { label, format } = METRIC_SCALES[this.metric]
    const highest = this.bins.reduce<Bin | null>(
      (highest, bin) => (bin.weight > (highest?.weight ?? 0) ? bin : highest),
      null,
    )
    const topLabel = highest === null || highest.value === null ? '' : format(highest.value)
    const index = this.picked === null ? 0 : toFlatIndex(this.sections, this.picked)
    return html`<div
      class="sparkline"
      role="slider"
      tabindex="0"
      aria-label="${label} over the text"
      aria-valuemin="0"
      aria-valuemax=${count - 1}
      aria-valuenow=${index}
      aria-valuetext=${this.valueText(index)}
      @keydown=${this.onKeyDown}
      @click=${this.onClick}
    >
      ${this.chartTemplate(highest?.weight ?? 0, Math.floor((index / count) * this.bins.length))}
      <small class="top">${topLabel}</small>
    </div>`
  }

  private chartTemplate(maxWeight: number, pickedIndex: number): TemplateResult {
    const { bins } = this
    const pickedBin = this.picked === null ? undefined : bins[pickedIndex]
    const bar = (bin: Bin, i: number) => barPath(i, bin, maxWeight)
    return html`<svg viewBox="0 0 ${bins.length} 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="bars" d=${bins.map((bin, i) => (i === pickedIndex ? '' : bar(bin, i))).join('')} />
      ${pickedBin === undefined ? nothing : svg`<path class="picked" d=${bar(pickedBin, pickedIndex)} />`}
    </svg>`
  }

  private valueText(index: number): string {
    const address = fromFlatIndex(this.sections, index)
    const section = elementAt(this.sections, address.section)
    const { tokenId } = elementAt(section.tokens, address.position)
    const score = scoreAt(section, address.position)
    const { valueOf, format } = METRIC_SCALES[this.metric]
    const value = score === null ? 'not scored' : format(valueOf(score))
    return `token ${address.position}, ${this.labels.speak(tokenId)}, ${value}`
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const last = tokenCount(this.sections) - 1
    const { picked } = this.actions
    const current = picked === null ? 0 : toFlatIndex(this.sections, picked)
    const target = sliderTarget(event.key, current, last)
    if (target === null) return
    event.preventDefault()
    this.actions.pick(fromFlatIndex(this.sections, target), 'reveal')
  }

  private readonly onClick = (event: MouseEvent) => {
    const { left, width } =
      (event.currentTarget as Element).querySelector('svg')?.getBoundingClientRect() ?? {}
    if (left === undefined || width === undefined) return
    const index = Math.floor(((event.clientX - left) / width) * this.bins.length)
    const bin = this.bins.at(Math.min(this.bins.length - 1, Math.max(0, index)))
    if (bin !== undefined) this.actions.pick(fromFlatIndex(this.sections, bin.maxIndex), 'select')
  }
}

/** Neighbouring tokens that share a bar, which shows the one with the largest weight. */
interface Bin {
  /** Flat index of that token. */
  readonly maxIndex: number
  /** The metric's value; null if no token of the bin is scored. */
  readonly value: number | null
  readonly weight: number
}

function binByMaximum(sections: readonly Section[], metric: Metric, maxBins: number): Bin[] {
  const { valueOf, weightOf } = METRIC_SCALES[metric]
  const values = sections.flatMap((section) =>
    section.tokens.map((_, position) => {
      const score = scoreAt(section, position)
      return score === null ? null : valueOf(score)
    }),
  )
  const count = Math.min(values.length, maxBins)
  return Array.from({ length: count }, (_, i) => {
    const start = Math.ceil((i * values.length) / count)
    const end = Math.ceil(((i + 1) * values.length) / count)
    let max: Bin = { maxIndex: start, value: values[start] ?? null, weight: 0 }
    for (const [offset, value] of values.slice(start, end).entries()) {
      const weight = value === null ? 0 : weightOf(value)
      if (weight > max.weight) max = { maxIndex: start + offset, value, weight }
    }
    return max
  })
}

/** Gap between bars, as a share of a bar's width. */
const GAP_SHARE = 0.12
/** In per cent of the chart's height, so that a bar of weight 0 stays visible. */
const MIN_HEIGHT = 2

function barPath(i: number, { value, weight }: Bin, maxWeight: number): string {
  if (value === null) return ''
  const height = Math.max(MIN_HEIGHT, maxWeight === 0 ? 0 : (100 * weight) / maxWeight)
  return `M${i} 100V${(100 - height).toFixed(1)}h${1 - GAP_SHARE}V100z`
}

function sliderTarget(key: string, current: number, last: number): number | null {
  const page = Math.max(1, Math.round(last * PAGE_SHARE))
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(last, current + 1)
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, current - 1)
    case 'PageUp':
      return Math.min(last, current + page)
    case 'PageDown':
      return Math.max(0, current - page)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
