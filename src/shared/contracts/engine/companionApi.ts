// The commands between the extension and its companion in the user's window. The command palette does not show them.

import { isRecord } from '../../isRecord'
import type { Precision } from './prediction'
import { PRECISIONS } from './prediction'

/** Version of this protocol. If the two extensions have different versions, one has to be updated. */
export const COMPANION_VERSION = 3

/** The companion's commands. */
export const COMPANION_COMMANDS = {
  /** () → AdapterAnswer */
  adapter: '_logitscope.gpu.adapter',
  /** (secret, EngineRequest): starts an engine at the other end of a link. */
  open: '_logitscope.gpu.open',
  /** (secret): rejects if the link no longer exists. */
  alive: '_logitscope.gpu.alive',
  /** The link's messages. */
  message: '_logitscope.gpu.toCompanion',
} as const

/** The extension's commands. */
export const EXTENSION_COMMANDS = {
  /** (): the companion's host has started. */
  here: '_logitscope.gpu.here',
  /** (secret): rejects if the link no longer exists. */
  alive: '_logitscope.gpu.extensionAlive',
  message: '_logitscope.gpu.toExtension',
} as const

/** A graphics adapter: of a window, or of this machine. */
export interface GpuAdapter {
  /** As the browser or the driver reports it; browsers may hide parts. */
  readonly name: string
  /**
   * The software that, with the adapter, decides which numbers it computes: the browser's user agent, or the release of ONNX
   * Runtime and the graphics driver's file.
   */
  readonly implementation: string
  /** Whether the adapter is emulated on the CPU. */
  readonly isSoftware: boolean
}

export type AdapterAnswer =
  | { readonly version: number; readonly adapter: GpuAdapter }
  /** Why the window has no adapter. */
  | { readonly version: number; readonly missing: string }

/** The model and precision of an engine. */
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
      typeof adapter.implementation === 'string' &&
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
