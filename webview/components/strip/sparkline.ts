import { html, nothing, type PropertyValues, svg, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { ref } from 'lit/directives/ref.js'

import { elementAt } from '../../../src/shared/elementAt'
import { type Metric, METRIC_SCALES } from '../../../src/shared/numbers/metrics'
import type { Section } from '../../../src/shared/contracts/inspection'
import type { TokenAddress } from '../../../src/shared/contracts/protocol'
import type { PanelActions } from '../../controller'
import { fromFlatIndex, toFlatIndex } from '../../state/addresses'
import type { Row, RowBlock } from '../../state/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { LightElement } from '../base/lightElement'
import { type Bin, binIndex, binTokens } from './bins'

/** Narrower bars cannot be told apart. */
const MIN_BAR_PX = 2
/** Wider bars would look like areas of a short text. */
const MAX_BAR_PX = 14
/** Page Up and Page Down move by this share of the text. */
const PAGE_SHARE = 0.1

/** A bar chart of the metric over the whole text, which is also a slider over the tokens. */
@customElement('logitscope-sparkline')
export class SparklineElement extends LightElement {
  @property({ attribute: false }) sections: readonly Section[] = []
  @property({ attribute: false }) rows: readonly RowBlock[] = []
  @property({ attribute: false }) metric!: Metric
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) picked: TokenAddress | null = null
  @property({ attribute: false }) actions!: PanelActions

  /** Of the space for the bars, in pixels. */
  @state() private width = 0
  /** The rows of all tokens, without those of `next`. */
  private tokens: readonly Row[] = []
  private bins: readonly Bin[] = []

  private readonly resizeObserver = new ResizeObserver((entries) => {
    for (const { contentRect } of entries) this.width = Math.floor(contentRect.width)
  })

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.resizeObserver.disconnect()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('rows')) this.tokens = this.rows.flatMap((rows) => rows.slice(0, -1))
    if (changed.has('rows') || changed.has('metric') || changed.has('width'))
      this.bins = binTokens(this.tokens, this.metric, Math.max(1, Math.floor(this.width / MIN_BAR_PX)))
  }

  protected override render(): TemplateResult | typeof nothing {
    const count = this.tokens.length
    if (count === 0) return nothing
    const { label } = METRIC_SCALES[this.metric]
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
      <div class="chart" ${ref(this.observeChart)}>
        ${this.chartTemplate(this.picked === null ? null : binIndex(index, count, this.bins.length))}
      </div>
      <small class="top">${this.topLabel}</small>
    </div>`
  }

  private readonly observeChart = (chart: Element | undefined): void => {
    this.resizeObserver.disconnect()
    if (chart !== undefined) this.resizeObserver.observe(chart)
  }

  private chartTemplate(pickedBin: number | null): TemplateResult {
    const { bins, width } = this
    const barWidth = Math.min(MAX_BAR_PX, width / bins.length)
    const maxWeight = Math.max(...bins.map(({ max }) => max))
    const lookOf = (bin: Bin, i: number) => (i === pickedBin ? 'picked' : bin.stale ? 'stale' : 'normal')
    const path = (look: (typeof LOOKS)[number], weightOf: (bin: Bin) => number) =>
      bins
        .map((bin, i) =>
          bin.value !== null && lookOf(bin, i) === look ? barPath(i, weightOf(bin), maxWeight) : '',
        )
        .join('')
    const layers = LOOKS.map(
      (look) =>
        svg`<path class="peaks ${look}" d=${path(look, ({ max }) => max)} />
          <path class="bars ${look}" d=${path(look, ({ mean }) => mean)} />`,
    )
    return html`<svg
      width=${barWidth * bins.length}
      viewBox="0 0 ${bins.length} 100"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      ${layers}
    </svg>`
  }

  /** The largest value, which has the highest bar. */
  private get topLabel(): string {
    const { format } = METRIC_SCALES[this.metric]
    const highest = this.bins.reduce<Bin | null>(
      (highest, bin) => (bin.value !== null && bin.max > (highest?.max ?? 0) ? bin : highest),
      null,
    )
    return highest === null || highest.value === null ? '' : format(highest.value)
  }

  private valueText(index: number): string {
    const { position, token, score } = elementAt(this.tokens, index)
    const { valueOf, format } = METRIC_SCALES[this.metric]
    const value = score === null ? 'not scored' : format(valueOf(score))
    return `token ${position}, ${token === null ? '' : this.labels.speak(token.tokenId)}, ${value}`
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { picked } = this.actions
    const current = picked === null ? 0 : toFlatIndex(this.sections, picked)
    const target = sliderTarget(event.key, current, this.tokens.length - 1)
    if (target === null) return
    event.preventDefault()
    this.actions.pick(fromFlatIndex(this.sections, target), 'reveal')
  }

  private readonly onClick = (event: MouseEvent) => {
    const { left, width } =
      (event.currentTarget as Element).querySelector('svg')?.getBoundingClientRect() ?? {}
    if (left === undefined || width === undefined) return
    const bin = this.bins[Math.floor(((event.clientX - left) / width) * this.bins.length)]
    if (bin !== undefined) this.actions.pick(bin.address, 'reveal')
  }
}

/** How a bar looks; a bar shows the mean of its tokens, and behind it, lighter, their maximum. */
const LOOKS = ['stale', 'normal', 'picked'] as const

/** Gap between bars, as a share of a bar's width. */
const GAP_SHARE = 0.12
/** In per cent of the chart's height, so that a bar of weight 0 stays visible. */
const MIN_HEIGHT = 2

function barPath(i: number, weight: number, maxWeight: number): string {
  const height = Math.max(MIN_HEIGHT, maxWeight === 0 ? 0 : 100 * (weight / maxWeight))
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
