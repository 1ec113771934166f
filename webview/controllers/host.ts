import type { PanelMessage } from '../../src/shared/contracts/panel/protocol'
import { parseSavedState, type SavedState } from '../state/inspection/savedState'

/** The panel's interface to VS Code: messages to the extension host, and the saved state. */
export interface Host {
  post(message: PanelMessage): void
  saveState(state: SavedState): void
  /** The state that was saved before a reload; defaults for missing or invalid fields. */
  loadState(): SavedState
}

interface VsCodeApi {
  postMessage(message: unknown): void
  getState(): unknown
  setState(state: unknown): void
}

declare function acquireVsCodeApi(): VsCodeApi

/** Connects to VS Code. A webview may do this only once. */
export function connectHost(): Host {
  const api = acquireVsCodeApi()
  return {
    post: (message) => {
      api.postMessage(message)
    },
    saveState: (state) => {
      api.setState(state)
    },
    loadState: () => parseSavedState(api.getState()),
  }
}
