import { html, nothing, type TemplateResult } from 'lit'
import type { ShownResult } from '../../src/shared/contracts/check/checkProtocol'
import { describeRepresentation, formatNats, subBlockName } from '../../src/shared/text/checkText'
import { formatCount, formatDecimal, formatDuration } from '../../src/shared/text/format'

/** The figures that the verdict follows from. */
export function factsTemplate({ report, rows, toleranceNats, seconds }: ShownResult): TemplateResult {
  const { model, backend, precision, remarks, maxAbsDeltaNats, firstPosition, firstSubBlock, summary } =
    report
  const first = rows.find(({ row }) => row === firstPosition)
  return html`<section aria-label="Figures">
    <h2>Figures</h2>
    <dl class="facts">
      ${fact('Reference', [`${model} (${precision}, ${backend})`, ...remarks].join(', '))}
      ${fact('File', describeRepresentation(report))}
      ${fact(
        'Largest difference',
        `${formatNats(maxAbsDeltaNats)}; up to ${formatNats(toleranceNats)} is rounding`,
      )}
      ${
        firstPosition === null
          ? nothing
          : fact(
              'First wrong row',
              `${formatCount(firstPosition)}${first === undefined ? '' : `, at the token “${first.token}”`}`,
            )
      }
      ${firstSubBlock === null ? nothing : fact('First wrong part', subBlockName(firstSubBlock))}
      ${fact('Mean KL(model ‖ file)', formatNats(summary.klMeanNats))}
      ${fact('Same top token', `${formatDecimal(100 * summary.sameTop, 1)} % of ${formatCount(summary.tokens)} rows`)}
      ${fact('Time', formatDuration(seconds))}
    </dl>
  </section>`
}

function fact(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`
}
