import { html, nothing, svg, type TemplateResult } from 'lit'
import type { ShownResult, ShownRow } from '../../src/shared/contracts/check/checkProtocol'
import { elementAt } from '../../src/shared/elementAt'
import { formatNats, subBlockName } from '../../src/shared/text/checkText'
import { formatCount, formatCounted } from '../../src/shared/text/format'

const CHART_HEIGHT = 60
/** The chart ends at this fraction of the tolerance, because a smaller difference says nothing. */
const FLOOR_OF_TOLERANCE = 0.01

/** The difference of each row, as a chart and as a table, and of each hidden state. */
export function differencesTemplate({ rows, toleranceNats, subBlocks }: ShownResult): TemplateResult {
  return html`<section aria-label="Differences">
    <h2>Differences by row</h2>
    ${rows.length === 0 ? nothing : chart(rows, toleranceNats)}
    <details>
      <summary>All rows</summary>
      ${rowTable(rows, toleranceNats)}
    </details>
    ${
      subBlocks.length === 0
        ? nothing
        : html`<details>
            <summary>Hidden states</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Hidden states">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Part</th>
                    <th scope="col">max |Δ|</th>
                  </tr>
                </thead>
                <tbody>
                  ${subBlocks.map(
                    ({ name, maxAbsDelta }) =>
                      html`<tr>
                        <th scope="row">${subBlockName(name)}</th>
                        <td>${maxAbsDelta.toPrecision(2)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
          </details>`
    }
  </section>`
}

/** One bar for each row on a logarithmic scale, and the tolerance as a line. */
function chart(rows: readonly ShownRow[], tolerance: number): TemplateResult {
  const floor = tolerance * FLOOR_OF_TOLERANCE
  const largest = Math.max(tolerance, ...rows.map(({ maxAbsDeltaNats }) => finite(maxAbsDeltaNats)))
  const height = (nats: number) => {
    const share = Math.log(Math.max(finite(nats), floor) / floor) / Math.log(largest / floor)
    return share * (CHART_HEIGHT - 4)
  }
  const line = CHART_HEIGHT - height(tolerance)
  return html`<svg
      class="chart"
      role="img"
      aria-label=${describe(rows, tolerance)}
      viewBox="0 0 ${rows.length} ${CHART_HEIGHT}"
      preserveAspectRatio="none"
    >
      ${rows.map(({ maxAbsDeltaNats }, i) => {
        const bar = Math.max(height(maxAbsDeltaNats), 1)
        const kind = maxAbsDeltaNats > tolerance ? 'beyond' : 'within'
        return svg`<rect class=${kind} x=${i + 0.1} y=${CHART_HEIGHT - bar} width="0.8" height=${bar}></rect>`
      })}
      <line class="tolerance" x1="0" x2=${rows.length} y1=${line} y2=${line}></line>
    </svg>
    <p class="dim">
      Largest difference of each row, on a logarithmic scale. Above the line it is more than rounding.
    </p>`
}

function describe(rows: readonly ShownRow[], tolerance: number): string {
  const wrong = rows.filter(({ maxAbsDeltaNats }) => maxAbsDeltaNats > tolerance).length
  const worst = rows.reduce((a, b) => (b.maxAbsDeltaNats > a.maxAbsDeltaNats ? b : a), elementAt(rows, 0))
  return `Differences of ${formatCounted(rows.length, 'row')}: ${formatCount(wrong)} above the tolerance of ${formatNats(tolerance)}; the largest is ${formatNats(worst.maxAbsDeltaNats)} at row ${formatCount(worst.row)}.`
}

/** A difference that is not a number is drawn as high as the largest one. */
function finite(nats: number): number {
  return Number.isFinite(nats) ? nats : MAX_DRAWN_NATS
}

const MAX_DRAWN_NATS = 1e3

function rowTable(rows: readonly ShownRow[], tolerance: number): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="All rows">
    <table>
      <thead>
        <tr>
          <th scope="col">Row</th>
          <th scope="col" class="token">Token</th>
          <th scope="col">max |Δ|</th>
          <th scope="col">KL</th>
          <th scope="col" class="token">Top token</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ row, token, maxAbsDeltaNats, klNats, sameTop }) =>
            html`<tr class=${maxAbsDeltaNats > tolerance ? 'beyond' : ''}>
              <th scope="row">${formatCount(row)}</th>
              <td class="token"><code>${token}</code></td>
              <td>${formatNats(maxAbsDeltaNats)}</td>
              <td>${formatNats(klNats)}</td>
              <td class="token">${sameTop ? 'same' : 'another'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
