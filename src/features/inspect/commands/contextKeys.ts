import type * as vscode from 'vscode'
import { type ContextKey, setContext } from '../../../editor/ui/contextKeys'
import type { InspectionSession } from '../session/inspectionSession'

/** Keeps the context keys that the commands of a session depend on. */
export function followContextKeys(session: InspectionSession): vscode.Disposable {
  const current = new Map<ContextKey, boolean>()
  const update = () => {
    for (const [key, value] of keysOf(session)) {
      if (current.get(key) === value) continue
      current.set(key, value)
      setContext(key, value)
    }
  }
  update()
  return session.onDidUpdate(update)
}

function keysOf({
  run,
  isActive,
  canContinue,
}: InspectionSession): readonly (readonly [ContextKey, boolean])[] {
  const comparison = run?.inspection.comparison
  const kind = comparison?.state.kind
  return [
    ['running', isActive],
    ['hasResults', run !== undefined],
    ['canContinue', canContinue],
    ['compared', comparison !== undefined],
    ['comparing', kind === 'loading' || kind === 'running'],
    ['canSwapComparison', comparison?.canSwap === true],
    ['canCompareAgain', kind === 'failed' || kind === 'cancelled' || kind === 'interrupted'],
  ]
}
