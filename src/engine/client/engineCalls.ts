import { ENGINE_METHODS, type EngineApi, type EngineMethods } from '../../shared/contracts/engineApi'
import type { RpcClient } from '../../shared/rpc'

/** Makes an object that has one entry for each of the engine's methods, from what `create` returns for its name. */
export function mapEngineMethods<Entries extends Record<keyof EngineMethods, unknown>>(
  create: <M extends keyof EngineMethods>(name: M) => Entries[M],
): Entries {
  const names = Object.keys(ENGINE_METHODS) as (keyof EngineMethods)[]
  // `Object.fromEntries` loses the names in its type; the compiler checks that ENGINE_METHODS has all of them.
  return Object.fromEntries(names.map((name) => [name, create(name)])) as unknown as Entries
}

/** The engine at the other end of `client`. */
export function callsOf(client: RpcClient<EngineMethods>): EngineApi {
  return mapEngineMethods<EngineApi>((name) => (request, options) => client.call(name, request, options))
}
