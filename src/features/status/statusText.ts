import { assertNever } from '../../shared/assertNever'
import type { EngineState } from '../../shared/contracts/engine/engineApi'
import { backendName, describeBackend } from '../../shared/text/modelText'
import { plainMessage } from '../../shared/text/plainMessage'

/** Text of the status item: model, backend and state only, because screen readers announce every change of it. */
export function statusText(state: EngineState, modelId: string): string {
  // The name of a model's folder could contain `$(…)`, which the status bar shows as an icon.
  const name = plainMessage(modelId)
  switch (state.kind) {
    case 'stopped':
      return `$(graph) ${name}`
    case 'starting':
      return `$(loading~spin) ${name}: starting`
    case 'ready':
      return `$(graph) ${plainMessage(state.model.id)} · ${backendName(state.model.backend)}`
    case 'failed':
      return `$(error) ${name}: failed`
    default:
      return assertNever(state)
  }
}

/** Description of the status item for screen readers. */
export function spokenStatus(state: EngineState, modelId: string): string {
  return `Logitscope: model ${describeEngine(state, modelId)} Opens a menu.`
}

function describeEngine(state: EngineState, modelId: string): string {
  switch (state.kind) {
    case 'stopped':
      return `${modelId}, not started yet.`
    case 'starting':
      return `${modelId}, starting.`
    case 'ready':
      return `${state.model.id} on ${describeBackend(state.model)}, ready.`
    case 'failed':
      return `${modelId}, failed. ${state.message}`
    default:
      return assertNever(state)
  }
}
