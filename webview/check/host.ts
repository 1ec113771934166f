import type { CheckPageMessage } from '../../src/shared/contracts/check/checkProtocol'

/** The page's interface to VS Code. The extension host keeps what is shown, so the page saves no state. */
export interface CheckHost {
  post(message: CheckPageMessage): void
}

declare function acquireVsCodeApi(): { postMessage(message: unknown): void }

/** Connects to VS Code. A webview may do this only once. */
export function connectHost(): CheckHost {
  const api = acquireVsCodeApi()
  return {
    post: (message) => {
      api.postMessage(message)
    },
  }
}
