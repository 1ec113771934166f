import { assertNever } from '../../shared/assertNever'
import type { EngineState } from '../../shared/contracts/engineApi'
import { backendName, describeBackend } from '../../shared/text/modelText'

/** Text of the status item: model, backend and state only, because screen readers announce every change of it. */
export function statusText(state: EngineState, modelId: string): string {
  switch (state.kind) {
    case 'stopped':
      return `$(graph) ${modelId}`
    case 'starting':
      return `$(loading~spin) ${modelId}: starting`
    case 'ready':
      return `$(graph) ${state.model.id} · ${backendName(state.model.backend)}`
    case 'failed':
      return `$(error) ${modelId}: failed`
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
