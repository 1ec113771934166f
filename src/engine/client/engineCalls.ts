import {
  ENGINE_METHODS,
  type EngineApi,
  type EngineMethod,
  type EngineMethods,
} from '../../shared/contracts/engine/engineApi'
import type { RpcClient } from '../../shared/rpc'

/** Makes an `EngineApi` from a function that returns the method of a name. */
export function engineApi(method: <M extends keyof EngineMethods>(name: M) => EngineMethod<M>): EngineApi {
  const names = Object.keys(ENGINE_METHODS) as (keyof EngineMethods)[]
  // The type of `Object.fromEntries` does not keep the names. The compiler checks that ENGINE_METHODS has all of them.
  return Object.fromEntries(names.map((name) => [name, method(name)])) as unknown as EngineApi
}

/** The engine at the other end of `client`. */
export function callsOf(client: RpcClient<EngineMethods>): EngineApi {
  return engineApi((name) => (request, options) => client.call(name, request, options))
}
