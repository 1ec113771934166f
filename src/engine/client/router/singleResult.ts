import type { EngineMethods } from '../../../shared/contracts/engine/engineApi'
import type { CallOptions } from '../../../shared/rpc'
import { modelOf, type RoutedEngine } from './resumableRows'

/** A method with one result, which another engine computes from the beginning if the one that answers fails. */
export type ResultMethod = 'logits' | 'attribution'

type Request<M extends ResultMethod> = EngineMethods[M]['request']

/** Calls a method on an engine. Reports `continued` if the engine has another backend than the requested one. */
export async function resultOn<M extends ResultMethod>(
  { backend, api }: RoutedEngine,
  { method, request }: { readonly method: M; readonly request: Request<M> },
  { signal, onProgress }: CallOptions<EngineMethods[M]['progress']> = {},
): Promise<EngineMethods[M]['result']> {
  const result = await api[method](request, { signal })
  if (request.backend !== undefined && request.backend !== backend)
    onProgress?.({ kind: 'continued', model: await modelOf(api, request, signal) })
  return result
}
