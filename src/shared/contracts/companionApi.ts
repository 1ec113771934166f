// What the extension and its companion in the user's window say to each other: commands that no palette shows.

import { isRecord } from '../isRecord'
import type { Precision } from './prediction'
import { PRECISIONS } from './prediction'

/** Of what is said here; where the two extensions have not the same one of them has to be updated. */
export const COMPANION_VERSION = 2

/** What the companion answers. */
export const COMPANION_COMMANDS = {
  /** () → AdapterAnswer */
  adapter: '_logitscope.gpu.adapter',
  /** (secret, EngineRequest): starts an engine at the other end of a link. */
  open: '_logitscope.gpu.open',
  /** (secret): rejects where the link is not there any more. */
  alive: '_logitscope.gpu.alive',
  /** The link's messages. */
  message: '_logitscope.gpu.toCompanion',
} as const

/** What the extension answers. */
export const EXTENSION_COMMANDS = {
  /** (): the companion's host has started. */
  here: '_logitscope.gpu.here',
  /** (secret): rejects where the link is not there any more. */
  alive: '_logitscope.gpu.extensionAlive',
  message: '_logitscope.gpu.toExtension',
} as const

/** The GPU as its window knows it. */
export interface GpuAdapter {
  /** As the browser tells it apart from others; part of it may be hidden. */
  readonly name: string
  /** What drives it, with its version. A window of VS Code for the web may be in any. */
  readonly browser: string
  /** A processor that pretends to be a GPU. */
  readonly isSoftware: boolean
}

export type AdapterAnswer =
  | { readonly version: number; readonly adapter: GpuAdapter }
  /** Why there is none. */
  | { readonly version: number; readonly missing: string }

/** What an engine is started with. */
export interface EngineRequest {
  readonly id: string
  readonly description: string
  readonly precision: Precision
}

export function isAdapterAnswer(value: unknown): value is AdapterAnswer {
  if (!isRecord(value) || typeof value.version !== 'number') return false
  const { adapter, missing } = value
  return (
    typeof missing === 'string' ||
    (isRecord(adapter) &&
      typeof adapter.name === 'string' &&
      typeof adapter.browser === 'string' &&
      typeof adapter.isSoftware === 'boolean')
  )
}

export function isEngineRequest(value: unknown): value is EngineRequest {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.description === 'string' &&
    PRECISIONS.some((known) => known === value.precision)
  )
}
