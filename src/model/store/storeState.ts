import type { PinnedModel } from '../registry'

/** How far a model has come on this machine. */
export type ModelState =
  | { readonly kind: 'absent' }
  /** A download broke off; it goes on from these bytes. */
  | { readonly kind: 'partial'; readonly bytes: number }
  | { readonly kind: 'installed' }

export interface StoredModel {
  readonly model: PinnedModel
  readonly state: ModelState
}

/** What goes on, for whoever waits. */
export type StoreProgress =
  /** Another window is at work on this model. */
  | { readonly kind: 'waiting'; readonly bytes: number }
  /** What is there already is read. */
  | { readonly kind: 'checking'; readonly bytes: number }
  | { readonly kind: 'downloading'; readonly bytes: number }
  | { readonly kind: 'copying'; readonly bytes: number }
  /** A try has failed; the next one begins after so many milliseconds. */
  | { readonly kind: 'pausing'; readonly reason: string; readonly delayMs: number }

export interface StoreOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: StoreProgress) => void
}
