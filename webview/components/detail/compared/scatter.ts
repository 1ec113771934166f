import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { keyed } from 'lit/directives/keyed.js'

import type { TokenAddress } from '../../../../src/shared/contracts/panel/protocol'
import type { SideNames } from '../../../../src/shared/text/comparisonText'
import { elementAt } from '../../../../src/shared/elementAt'
import { formatCount, formatCounted, formatDecimal, formatSigned } from '../../../../src/shared/text/format'
import type { PanelActions } from '../../../controllers/controller'
import { isSameAddress } from '../../../state/rows/addresses'
import type { RowBlock } from '../../../state/rows/rows'
import {
  type Direction,
  pointAt,
  type ScatterPoint,
  scatterPoints,
  ScatterPlot,
  type ScatterSide,
} from '../../../state/comparison/scatterPlot'
import type { TokenLabels } from '../../../tokens/tokenLabels'
import { MeasuredElement } from '../../base/measuredElement'

/** Room for the axes' numbers and names. */
const MARGINS = { left: 30, right: 8, top: 6, bottom: 28 }
/** Of a plot's width. */
const HEIGHT_SHARE = 0.65
/** A click picks the nearest point at most this far from it, in pixels. */
const REACH_PX = 12
/** A picked token's name is cut after this many characters, and the sides' names, which `without context` must fit. */
const MAX_LABEL_LENGTH = 16
/** Room for `likelier for ` before a side's name. */
const MAX_SIDE_LENGTH = 13 + MAX_LABEL_LENGTH

/** From the back to the front. */
const SIDES: readonly ScatterSide[] = ['even', 'minus', 'plus']

const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
])

/**
 * Each compared token by its surprisal on both sides. To assistive technology it is a list box that has only the current
 * point as an option, because thousands of elements would be slow.
 */
@customElement('logitscope-scatter')
export class ScatterElement extends MeasuredElement {
  /** The rows of each section. */
  @property({ attribute: false }) rows!: readonly RowBlock[]
  @property({ attribute: false }) picked!: TokenAddress
  @property({ attribute: false }) names!: SideNames
  /** `likelier for mini`, `likelier in saved` */
  @property({ attribute: false }) likelier!: SideNames
  @property({ attribute: false }) labels!: TokenLabels
  @property({ attribute: false }) actions!: PanelActions

  protected override readonly maxWidth = 400
  private points: readonly ScatterPoint[] = []
  private plot!: ScatterPlot
  private marks: Readonly<Record<ScatterSide, string>> = { plus: '', minus: '', even: '' }

  private get height(): number {
    return Math.round(this.width * HEIGHT_SHARE)
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('rows')) this.points = scatterPoints(this.rows)
    if (!changed.has('rows') && !changed.has('width')) return
    const { width, height, points } = this
    this.plot = new ScatterPlot(points, { ...MARGINS, width, height })
    const [plus, minus, even] = (['plus', 'minus', 'even'] as const).map((side) => this.plot.marks(side))
    this.marks = { plus: plus ?? '', minus: minus ?? '', even: even ?? '' }
  }

  protected override render(): TemplateResult {
    const current = pointAt(this.points, this.picked)
    return html`<h3>The whole text <span class="dim">surprisal in bits, each token</span></h3>
      ${
        current === null
          ? html`<p class="dim">No token is compared yet.</p>`
          : this.width === 0
            ? nothing
            : this.plotTemplate(current)
      }`
  }

  private plotTemplate(current: ScatterPoint): TemplateResult {
    const { width, height } = this
    const id = pointId(current)
    return html`<div
      class="scatter"
      role="listbox"
      tabindex="0"
      aria-label=${this.spokenSummary}
      aria-roledescription="scatter plot"
      aria-activedescendant=${id}
      @keydown=${this.onKeyDown}
      @click=${this.onClick}
      @pointermove=${this.onPointerMove}
    >
      <svg width=${width} height=${height} aria-hidden="true">
        ${this.axesTemplate()} ${this.marksTemplate()}
      </svg>
      <svg class="over" width=${width} height=${height} role="presentation">
        ${keyed(id, this.currentTemplate(current))}
      </svg>
    </div>`
  }

  private axesTemplate(): TemplateResult {
    const { plot, height, names, likelier } = this
    const [left, right, top, bottom] = [plot.x(0), plot.x(plot.end), plot.y(plot.end), plot.y(0)]
    const ticks = plot.ticks.map(
      (bits) =>
        svg`<line class="rule" x1=${plot.x(bits)} x2=${plot.x(bits)} y1=${top} y2=${bottom} />
          <line class="rule" x1=${left} x2=${right} y1=${plot.y(bits)} y2=${plot.y(bits)} />
          <text x=${plot.x(bits)} y=${bottom + 13} text-anchor="middle">${bits}</text>
          <text x=${left - 5} y=${plot.y(bits) + 3.5} text-anchor="end">${bits}</text>`,
    )
    return svg`${ticks}
      <line class="diagonal" x1=${left} y1=${bottom} x2=${right} y2=${top} />
      <text x=${right} y=${height - 2} text-anchor="end">${shorten(names.shown)} →</text>
      <text x=${left + 5} y=${top + 10}>↑ ${shorten(names.baseline)}</text>
      <text class="side-label" x=${left + 0.16 * (right - left)} y=${top + 0.2 * (bottom - top)}>
        ▲ ${shorten(likelier.shown, MAX_SIDE_LENGTH)}
      </text>
      <text class="side-label" x=${right - 4} y=${bottom - 0.09 * (bottom - top)} text-anchor="end">
        ▼ ${shorten(likelier.baseline, MAX_SIDE_LENGTH)}
      </text>`
  }

  private marksTemplate(): TemplateResult {
    return svg`${SIDES.map((side) => svg`<path class="mark-${side}" d=${this.marks[side]} />`)}`
  }

  /** The current point; a ring and the token's name only if it is the picked one, which may not be compared. */
  private currentTemplate(point: ScatterPoint): TemplateResult {
    const isPicked = isSameAddress(point, this.picked)
    const x = this.plot.x(point.shown)
    const y = this.plot.y(point.baseline)
    const isLeft = x < this.width / 2
    return svg`<g
      role="option"
      id=${pointId(point)}
      aria-selected=${isPicked}
      aria-label=${this.spokenPoint(point)}
    >
      <circle class=${isPicked ? 'ring' : 'no-ring'} cx=${x} cy=${y} r="7" />
      ${
        isPicked
          ? svg`<text x=${isLeft ? x + 11 : x - 11} y=${y + 4} text-anchor=${isLeft ? 'start' : 'end'}>${shorten(this.labels.show(this.tokenIdOf(point)))}</text>`
          : nothing
      }
    </g>`
  }

  private tokenIdOf({ section, position }: TokenAddress): number {
    const { token } = elementAt(elementAt(this.rows, section), position)
    if (token === null) throw new RangeError('a point of the plot is a token of the text')
    return token.tokenId
  }

  /** `mini across, mini int8 up: 20 tokens likelier for mini by 1 bit or more, …` */
  private get spokenSummary(): string {
    const { names, likelier } = this
    const count = (side: ScatterSide) =>
      this.points.reduce((sum, point) => sum + Number(point.side === side), 0)
    return `The whole text: surprisal in bits of each token, ${names.shown} across, ${names.baseline} up. ${formatCounted(count('plus'), 'token')} ${likelier.shown} by 1 bit or more, ${formatCount(count('minus'))} ${likelier.baseline}, ${formatCount(count('even'))} within 1 bit`
  }

  /** `Config, leading space, token 63: mini 11.79 bits, gpt2 3.62 bits, Δ −8.17` */
  private spokenPoint(point: ScatterPoint): string {
    const { shown, baseline } = this.names
    const difference = point.baseline - point.shown
    return `${this.labels.speak(this.tokenIdOf(point))}, token ${point.position}: ${shown} ${formatDecimal(point.shown)} bits, ${baseline} ${formatDecimal(point.baseline)} bits, Δ ${formatSigned(difference)}`
  }

  private readonly onClick = (event: MouseEvent) => {
    const point = this.pointUnder(event)
    if (point !== null) this.pick(point, 'reveal')
  }

  private readonly onPointerMove = (event: PointerEvent) => {
    const point = this.pointUnder(event)
    const plot = event.currentTarget as HTMLElement
    plot.classList.toggle('over-point', point !== null)
    plot.title =
      point === null
        ? ''
        : `${this.labels.show(this.tokenIdOf(point))} · token ${point.position} · ${formatDecimal(point.shown)} vs ${formatDecimal(point.baseline)} bits`
  }

  private pointUnder({ clientX, clientY, currentTarget }: MouseEvent): ScatterPoint | null {
    const { left, top } = (currentTarget as HTMLElement).getBoundingClientRect()
    return this.plot.nearest(clientX - left, clientY - top, REACH_PX)
  }

  private readonly onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    // The controller's pick is newer than the property, because keys repeat faster than frames.
    const current = pointAt(this.points, this.actions.picked)
    if (current === null) return
    if (event.key === 'Enter') this.pick(current, 'select')
    else {
      const target = this.target(event.key, current)
      if (target === undefined) return
      if (target !== null) this.pick(target, 'reveal')
    }
    event.preventDefault()
  }

  /** Null if no point is further in the key's direction, undefined if the key does not move. */
  private target(key: string, current: ScatterPoint): ScatterPoint | null | undefined {
    if (key === 'Home') return this.points.at(0)
    if (key === 'End') return this.points.at(-1)
    const direction = DIRECTIONS.get(key)
    return direction === undefined ? undefined : this.plot.neighbour(current, direction)
  }

  private pick({ section, position }: TokenAddress, how: 'reveal' | 'select'): void {
    this.actions.pick({ section, position }, how)
  }
}

function pointId({ section, position }: TokenAddress): string {
  return `point-${section}-${position}`
}

function shorten(text: string, length = MAX_LABEL_LENGTH): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
