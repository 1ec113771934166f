import { html, type TemplateResult } from 'lit'

import type { Side } from '../../state/rows/comparison'

/** The name of a side of a comparison, with its line: above it for the shown side, below it for the baseline. */
export function sideTag(side: Side, name: string): TemplateResult {
  return html`<bdi class="side ${side}" title=${name}>${name}</bdi>`
}
