import * as vscode from 'vscode'

/** The keys that `when` clauses of package.json read; each is `logitscope.<name>` there. */
export type ContextKey =
  | 'running'
  | 'hasResults'
  | 'canContinue'
  | 'compared'
  | 'comparing'
  | 'canSwapComparison'
  | 'canCompareAgain'
  | 'hasCompletion'
  | 'heatmapOn'

export function setContext(key: ContextKey, value: boolean): void {
  void vscode.commands.executeCommand('setContext', `logitscope.${key}`, value)
}
