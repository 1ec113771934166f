import { html, type TemplateResult } from 'lit'

import { type Remedy, REMEDY_LABELS } from '../../../src/shared/remedies'

/** A button with a text. */
export function textButton(label: string, onClick: () => void): TemplateResult {
  return html`<button @click=${onClick}>${label}</button>`
}

interface FailedComputation {
  /** The failed computation, as the beginning of a sentence: `Computing the lens`. */
  readonly what: string
  readonly message: string
  readonly remedies: readonly Remedy[]
  readonly retry: () => void
  readonly run: (remedy: Remedy) => void
}

/** Why a computation failed, Retry, and what else may help. */
export function failedComputation({
  what,
  message,
  remedies,
  retry,
  run,
}: FailedComputation): TemplateResult {
  return html`<p class="error failure" role="alert">
    ${what} failed: ${message} ${textButton('Retry', retry)}
    ${remedies.map((remedy) =>
      textButton(REMEDY_LABELS[remedy], () => {
        run(remedy)
      }),
    )}
  </p>`
}
