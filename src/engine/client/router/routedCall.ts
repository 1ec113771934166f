import type { EngineMethods } from '../../../shared/contracts/engine/engineApi'
import type { Backend } from '../../../shared/contracts/engine/prediction'
import { AttributionNeedsFp32Error, CancelledError, OutOfMemoryError } from '../../../shared/errors'
import { isModelError } from '../../../shared/modelErrors'

/** The common part of the calls that the router sends to the chosen engine. */
export interface RoutedCall {
  readonly backend: Backend | undefined
  /** Whether it is about the model to compare with. */
  readonly isAboutBaseline: boolean
  readonly signal: AbortSignal | undefined
}

type AnyRequest = EngineMethods[keyof EngineMethods]['request']

export function callOf(request: AnyRequest, options: { readonly signal?: AbortSignal } = {}): RoutedCall {
  const backend = request !== undefined && 'backend' in request ? request.backend : undefined
  return { backend, isAboutBaseline: isAboutBaseline(request), signal: options.signal }
}

function isAboutBaseline(request: AnyRequest): boolean {
  if (request === undefined) return false
  if ('baseline' in request) return request.baseline.model !== undefined
  return 'location' in request || ('baselineModel' in request && request.baselineModel !== undefined)
}

/** Whether any backend would answer with this error. */
export function isOfRequest(error: unknown, { isAboutBaseline }: RoutedCall): boolean {
  if (error instanceof CancelledError || error instanceof AttributionNeedsFp32Error) return true
  // The engine's own model is loaded, so the error is about the other one.
  return isAboutBaseline && (error instanceof OutOfMemoryError || isModelError(error))
}
