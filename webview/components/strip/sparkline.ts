import { html, nothing, type PropertyValues, svg, type SVGTemplateResult, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { ref } from 'lit/directives/ref.js'

import { elementAt } from '../../../src/shared/elementAt'
import { formatDecimal } from '../../../src/shared/text/format'
import type { Section } from '../../../src/shared/contracts/panel/inspection'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { PanelActions } from '../../controllers/controller'
import { fromFlatIndex, toFlatIndex } from '../../state/rows/addresses'
import type { Colouring } from '../../state/rows/colouring'
import type { Row, RowBlock } from '../../state/rows/rows'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { LightElement } from '../base/lightElement'
import { moveByKey, SLIDER } from '../base/moveByKey'
import { type Bar, type Bin, binIndex, binTokens } from './bins'

/** Narrower bars cannot be told apart. */
const MIN_BAR_PX = 2
/** Wider bars would look like areas of a short text. */
const MAX_BAR_PX = 14
/** Page Up and Page Down move by this share of the text. */
const PAGE_SHARE = 0.1

/** A bar chart of what the text is coloured by, which is also a slider over the tokens. */
@customElement('logitscope-sparkline')
export class SparklineElement extends LightElement {
  @property({ attribute: false }) sections: readonly Section[] = []
  @property({ attribute: false }) rows: readonly RowBlock[] = []
  @property({ attribute: false }) colouring!: Colouring
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
    if (changed.has('rows') || changed.has('colouring') || changed.has('width'))
      this.bins = binTokens(this.tokens, this.colouring, Math.max(1, Math.floor(this.width / MIN_BAR_PX)))
  }

  protected override render(): TemplateResult | typeof nothing {
    const count = this.tokens.length
    if (count === 0) return nothing
    const index = this.picked === null ? 0 : toFlatIndex(this.sections, this.picked)
    return html`<div
      class="sparkline"
      role="slider"
      tabindex="0"
      aria-label=${this.colouring.chartLabel}
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
      <div class="extremes">
        <small class="top">${this.extremeTemplate('up')}</small> ${
          this.colouring.sides === null
            ? nothing
            : html`<small class="bottom">${this.extremeTemplate('down')}</small>`
        }
      </div>
    </div>`
  }

  private readonly observeChart = (chart: Element | undefined): void => {
    this.resizeObserver.disconnect()
    if (chart !== undefined) this.resizeObserver.observe(chart)
  }

  private chartTemplate(pickedBin: number | null): TemplateResult {
    const { bins, width } = this
    const barWidth = Math.min(MAX_BAR_PX, width / bins.length)
    const highest = maxOf(bins, 'up')
    const lowest = maxOf(bins, 'down')
    const scale = highest + lowest === 0 ? 0 : 100 / (highest + lowest)
    const zero = lowest === 0 ? 100 : highest * scale
    const picksByColour = this.colouring.sides === null
    const lookOf = (bin: Bin, i: number) =>
      picksByColour && i === pickedBin ? 'picked' : bin.stale ? 'stale' : 'normal'
    const path = (look: Look, direction: Direction, sizeOf: (bar: Bar) => number) =>
      bins
        .map((bin, i) => {
          const bar = bin[direction]
          if (bar === null || lookOf(bin, i) !== look) return ''
          const size = Math.max(MIN_HEIGHT, sizeOf(bar) * scale)
          return barPath(i, zero, direction === 'up' ? -size : size)
        })
        .join('')
    const layers = DIRECTIONS.flatMap((direction) =>
      LOOKS.map(
        (look) =>
          svg`<path class="peaks ${look} ${direction}" d=${path(look, direction, ({ max }) => max)} />
          <path class="bars ${look} ${direction}" d=${path(look, direction, ({ mean }) => mean)} />`,
      ),
    )
    return html`<svg
      class=${this.colouring.sides === null ? nothing : 'two-sided'}
      width=${barWidth * bins.length}
      viewBox="0 0 ${bins.length} 100"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      ${layers} ${picksByColour ? nothing : this.pickedFrame(pickedBin, zero)}
    </svg>`
  }

  /** Bars of two colours keep them; a frame marks the picked one. */
  private pickedFrame(pickedBin: number | null, zero: number): SVGTemplateResult {
    const frame = svg`<rect class="picked-frame" x=${(pickedBin ?? 0) - GAP_SHARE / 2} y="0" width="1" height="100" />`
    return svg`<path class="zero" d="M0 ${zero}H${this.bins.length}" />${pickedBin === null ? nothing : frame}`
  }

  /** The largest value up or down, which has the longest bar. */
  private extremeTemplate(direction: Direction): TemplateResult | string {
    const { colouring } = this
    const max = maxOf(this.bins, direction)
    const bar = this.bins.map((bin) => bin[direction]).find((bar) => bar?.max === max)
    if (bar === null || bar === undefined) return ''
    if (colouring.sides === null) return colouring.valueText(bar.row)
    const { shown, baseline } = colouring.sides
    const side = direction === 'up' ? shown : baseline
    return html`<span class="extreme-side" title=${side}>${side}</span>
      <span
        >${direction === 'up' ? '↑' : '↓'} ${formatDecimal(bar.max, 1)}<span class="from-620">
          bits</span
        ></span
      >`
  }

  private valueText(index: number): string {
    const row = elementAt(this.tokens, index)
    const { position, token } = row
    const text = token === null ? '' : this.labels.speak(token.tokenId)
    return `token ${position}, ${text}, ${this.colouring.valueText(row)}`
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { picked } = this.actions
    const current = picked === null ? 0 : toFlatIndex(this.sections, picked)
    const last = this.tokens.length - 1
    const page = Math.max(1, Math.round(last * PAGE_SHARE))
    const target = moveByKey(event.key, SLIDER, { current, last, page })
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
type Look = (typeof LOOKS)[number]
const DIRECTIONS = ['up', 'down'] as const
type Direction = (typeof DIRECTIONS)[number]

/** Gap between bars, as a share of a bar's width. */
const GAP_SHARE = 0.12
/** In per cent of the chart's height, so that a bar of weight 0 stays visible. */
const MIN_HEIGHT = 2

/** A bar from `zero` upwards or, if its height is above 0, downwards; in per cent from the top. */
function barPath(i: number, zero: number, height: number): string {
  return `M${i} ${zero.toFixed(1)}v${height.toFixed(1)}h${1 - GAP_SHARE}v${(-height).toFixed(1)}z`
}

function maxOf(bins: readonly Bin[], direction: Direction): number {
  return bins.reduce((max, bin) => Math.max(max, bin[direction]?.max ?? 0), 0)
}
