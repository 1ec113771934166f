import type * as vscode from 'vscode'

/** Sections of the status item's menu, in the order in which they are shown. */
export const STATUS_GROUPS = ['Panel', 'Editor', 'Model', 'Logitscope'] as const
export type StatusGroup = (typeof STATUS_GROUPS)[number]

/** One item of the status item's menu. */
export interface StatusMenuItem {
  readonly group: StatusGroup
  readonly label: string
  readonly description?: string
  /** Id of a product icon, without `$(…)`. */
  readonly icon: string
  /** Id of a command, then its arguments. */
  readonly command: readonly [string, ...unknown[]]
}

/** A feature's contribution to the status item. `src/app/compose.ts` collects the entries of all features. */
export interface StatusEntry {
  /** Called when the menu opens; undefined leaves the item out. */
  menuItem?(): StatusMenuItem | undefined
  /** A paragraph of the tooltip; undefined for none. Markdown with HTML, so it must not contain text of a document. */
  tooltip?(): string | undefined
  /** Fires when `tooltip` may return something else. */
  readonly onDidChange?: vscode.Event<void>
}
