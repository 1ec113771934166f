import { html, type TemplateResult } from 'lit'

/** Which of two: `plus` is the shown side, with a line above its name, and `minus` the baseline, with a line below. */
export type SideKind = 'plus' | 'minus'

/** The name of a side of a comparison. */
export function sideTag(kind: SideKind, name: string): TemplateResult {
  return html`<bdi class="side ${kind}" title=${name}>${name}</bdi>`
}
