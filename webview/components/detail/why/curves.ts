import { html, nothing, svg, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'

import { formatProbability } from '../../../../src/shared/text/format'
import { MeasuredElement } from '../../base/measuredElement'

/** A log-probability at each place of the axis. */
export interface Curve {
  readonly side: 'plus' | 'minus'
  /** The token as a screen reader reads it. */
  readonly spoken: string
  /** Nats; undefined where it is not known yet. */
  readonly logProbs: readonly (number | undefined)[]
}

/** A place of the horizontal axis. */
export interface AxisPlace {
  readonly label: string
  /** As a screen reader reads it. */
  readonly spoken: string
}

const HEIGHT_PX = 96
/** Room for `0.01 %`. */
const LEFT_PX = 44
const RIGHT_PX = 6
const TOP_PX = 6
/** Room for the marks of values below the axis, and for its labels. */
const BOTTOM_PX = 26
const LABEL_WIDTH_PX = 20
/** How far below the axis a value that is too small for it is marked. */
const BELOW_AXIS_PX = 7
/** Powers of ten: smaller probabilities are below the axis. */
const LOWEST_DECADE = -8
const DECADES_PER_RULE = 2

/** A small chart of probabilities on a logarithmic axis. It is an image whose label has the numbers. */
@customElement('logitscope-curves')
export class CurvesElement extends MeasuredElement {
  @property({ attribute: false }) caption = ''
  @property({ attribute: false }) places: readonly AxisPlace[] = []
  @property({ attribute: false }) curves: readonly Curve[] = []
  /** The place that the rest of the view is about. Nothing is marked while it is not one of the places. */
  @property({ attribute: false }) markedPlace = 0

  protected override render(): TemplateResult {
    return html`<figure>
      <figcaption>${this.caption}</figcaption>
      <svg class="curves" width=${this.width} height=${HEIGHT_PX} role="img" aria-label=${this.spokenNumbers}>
        ${this.width === 0 ? nothing : this.chartTemplate()}
      </svg>
    </figure>`
  }

  private chartTemplate(): TemplateResult {
    const lowest = this.lowestDecade
    const x = (place: number) => this.xOf(place)
    const y = (decade: number) => yOf(decade, lowest)
    const rules = Array.from({ length: -lowest / DECADES_PER_RULE + 1 }, (_, i) => -DECADES_PER_RULE * i)
    return svg`${rules.map(
      (decade) => svg`<line class="rule" x1=${LEFT_PX} x2=${this.width} y1=${y(decade)} y2=${y(decade)} />
        <text x=${LEFT_PX - 4} y=${y(decade) + 3.5} text-anchor="end">${tickLabel(decade)}</text>`,
    )}
      ${this.places[this.markedPlace] === undefined ? nothing : markTemplate(x(this.markedPlace), y(lowest))}
      ${this.curves.map((curve) => this.curveTemplate(curve, lowest))}
      ${this.labelledPlaces.map(
        (place) =>
          svg`<text x=${x(place)} y=${HEIGHT_PX - 3} text-anchor="middle">${this.places[place]?.label}</text>`,
      )}`
  }

  private curveTemplate({ side, logProbs }: Curve, lowest: number): TemplateResult {
    const points = logProbs.flatMap((logProb, place) => {
      if (logProb === undefined) return []
      const decade = logProb / Math.LN10
      const isBelow = decade < lowest
      return {
        x: this.xOf(place),
        y: isBelow ? yOf(lowest, lowest) + BELOW_AXIS_PX : yOf(decade, lowest),
        isBelow,
      }
    })
    return svg`<polyline class=${side} points=${points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
      ${points.map(({ x, y, isBelow }) =>
        isBelow
          ? svg`<path class="below ${side}" d="M${x - 3.5} ${y - 3}h7l-3.5 6z" />`
          : svg`<circle class=${side} cx=${x} cy=${y} r="2.5" />`,
      )}`
  }

  /** The even power of ten at the bottom of the axis. */
  private get lowestDecade(): number {
    const known = this.curves.flatMap(({ logProbs }) => logProbs.filter((logProb) => logProb !== undefined))
    const lowest = Math.min(-DECADES_PER_RULE, ...known) / Math.LN10
    const rounded = DECADES_PER_RULE * Math.floor(lowest / DECADES_PER_RULE)
    return Math.max(LOWEST_DECADE, rounded)
  }

  private xOf(place: number): number {
    const last = Math.max(1, this.places.length - 1)
    return LEFT_PX + RIGHT_PX + (place / last) * (this.width - LEFT_PX - 2 * RIGHT_PX - LABEL_WIDTH_PX / 4)
  }

  /** Those whose labels have room: always the last one. */
  private get labelledPlaces(): readonly number[] {
    const last = this.places.length - 1
    const room = Math.max(1, Math.floor((this.width - LEFT_PX) / LABEL_WIDTH_PX))
    const every = Math.max(1, Math.ceil((last + 1) / room))
    return this.places.map((_, place) => place).filter((place) => (last - place) % every === 0)
  }

  /** `after each layer. Config, leading space: embeddings 4.4e-6, h.0 0.01 %, …` */
  private get spokenNumbers(): string {
    const ofCurve = ({ spoken, logProbs }: Curve) => {
      const numbers = logProbs.flatMap((logProb, place) =>
        logProb === undefined
          ? []
          : `${this.places[place]?.spoken ?? ''} ${formatProbability(Math.exp(logProb))}`,
      )
      return `${spoken}: ${numbers.join(', ')}`
    }
    return [this.caption, ...this.curves.map(ofCurve)].join('. ')
  }
}

/** The vertical line at the marked place, down to the axis. */
function markTemplate(x: number, bottom: number): TemplateResult {
  return svg`<line class="marked-place" x1=${x} x2=${x} y1="2" y2=${bottom} />`
}

/** The height of a probability in pixels, given as its power of ten. */
function yOf(decade: number, lowest: number): number {
  return TOP_PX + (decade / lowest) * (HEIGHT_PX - TOP_PX - BOTTOM_PX)
}

/** `1 %`; below 0.01 % the probability itself, as in `formatProbability`. */
function tickLabel(decade: number): string {
  return decade >= -4 ? `${10 ** (decade + 2)} %` : `1e${decade}`
}
