import type { PinnedModel } from '../registry'

/** How much of a model is stored on this machine. */
export type ModelState =
  | { readonly kind: 'absent' }
  /** An interrupted download; it can be resumed after these bytes. */
  | { readonly kind: 'partial'; readonly bytes: number }
  | { readonly kind: 'installed' }

export interface StoredModel {
  readonly model: PinnedModel
  readonly state: ModelState
}

/** The current step of a store; `bytes` are those of the weights so far. */
export type StoreProgress =
  /** Another window is working on this model. */
  | { readonly kind: 'waiting'; readonly bytes: number }
  /** Existing bytes are read and hashed. */
  | { readonly kind: 'checking'; readonly bytes: number }
  | { readonly kind: 'downloading'; readonly bytes: number }
  | { readonly kind: 'copying'; readonly bytes: number }
  /** An attempt has failed; the next one starts after `delayMs` milliseconds. */
  | { readonly kind: 'pausing'; readonly reason: string; readonly delayMs: number }

export interface StoreOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: StoreProgress) => void
}
