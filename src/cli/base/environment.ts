import type { Readable } from 'node:stream'
import type { EngineHandle } from '../../engine/client/engineHandle'
import type { SimulationThread } from '../../engine/client/simulationThread'
import type { EngineOptions } from '../../engine/contract/engineOptions'
import type { BackendChoice } from '../../shared/contracts/engine/backends'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import type { OutputStream } from './output'

/** The process in which a command runs. */
export interface CliEnvironment {
  readonly stdin: Readable
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Environment variables. */
  readonly variables: Variables
  /** The folder of the package, with `dist` and `media`. */
  readonly packageFolder: string
  /** Creates an engine, which a command disposes of. */
  readonly createEngine: (options: CliEngineOptions) => CliEngine | Promise<CliEngine>
  /** Starts a thread or process that simulates a model in fp32, which a command disposes of. */
  readonly startReference: (options: ReferenceOptions) => SimulationThread
}

export type CliEngine = Pick<EngineHandle, 'api' | 'dispose'>

export type Variables = Readonly<Record<string, string | undefined>>

/** The engine that a command requests. */
export interface CliEngineOptions extends Omit<EngineOptions, 'backend' | 'nativeLibrary'> {
  readonly choice: BackendChoice
  /** The embedded model, which the native self-test compares the backends on. */
  readonly embedded: ModelLocation
}

/** The reference model that a command requests. */
export interface ReferenceOptions extends Pick<EngineOptions, 'model' | 'threads' | 'assetsFolder'> {
  readonly backend: 'wasm' | 'native'
}
