import { html, type TemplateResult } from 'lit'
import type { CheckAction } from '../../src/shared/contracts/check/checkProtocol'

export type Act = (action: CheckAction) => void

const LABELS: Readonly<Record<CheckAction, string>> = {
  cancel: 'Cancel',
  checkAgain: 'Check Again',
  chooseFile: 'Choose Another File…',
  chooseText: 'Choose the Text…',
  compareRuns: 'Compare Two Runs',
  copySnippet: 'Copy Snippet',
  copyConversion: 'Copy Conversion Line',
  downloadReference: 'Download gpt2',
  newCheck: 'Check My GPT-2…',
  saveEmbeddedModel: 'Save Embedded Model…',
  showLog: 'Show Log',
}

/** The button of an action; `action` is the main one of its place. */
export function actionButton(action: CheckAction, act: Act, kind: 'action' | '' = ''): TemplateResult {
  return html`<button
    class=${kind}
    @click=${() => {
      act(action)
    }}
  >
    ${LABELS[action]}
  </button>`
}
