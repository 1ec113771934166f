import * as vscode from 'vscode'
import { MAX_THREADS } from './engine/engineOptions'
import { COLUMNS, type Column } from './shared/protocol'
import { type ContextMode, DEFAULT_TOP_K, MAX_TOP_K } from './shared/prediction'

/** The user's settings, each within its bounds whatever stands in settings.json. */
export interface Settings {
  readonly context: ContextMode
  readonly startToken: boolean
  readonly topK: number
  readonly columns: readonly Column[]
  /** 0 = as many as the machine has to spare. */
  readonly threads: number
}

const SECTION = 'logitscope'

export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration(SECTION)
  const columns = configuration.get<unknown>('columns')
  return {
    context: configuration.get('context') === 'selection' ? 'selection' : 'document',
    startToken: configuration.get('startToken') !== false,
    topK: wholeNumber(configuration.get('topK'), 1, MAX_TOP_K, DEFAULT_TOP_K),
    columns: Array.isArray(columns) ? COLUMNS.filter((column) => columns.includes(column)) : COLUMNS,
    threads: wholeNumber(configuration.get('threads'), 0, MAX_THREADS, 0),
  }
}

/** Writes a setting where the user has set it, else for all workspaces. */
export async function writeSetting<K extends keyof Settings>(key: K, value: Settings[K]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION)
  const inWorkspace = configuration.inspect(key)?.workspaceValue !== undefined
  await configuration.update(
    key,
    value,
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  )
}

/** Calls back with the name of every setting that changed. */
export function onSettingsChange(
  listener: (changed: (key: keyof Settings) => boolean) => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration(SECTION)) return
    listener((key) => event.affectsConfiguration(`${SECTION}.${key}`))
  })
}

function wholeNumber(value: unknown, low: number, high: number, fallback: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(value as number, low), high) : fallback
}
