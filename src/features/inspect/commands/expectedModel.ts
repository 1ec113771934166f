import { readPrecision, readSettings } from '../../../editor/settings'
import { expectedParameters } from '../../../model/registry'
import type { ExpectedModel } from '../../../prediction/windows/predictionService'

/** The facts about the selected model that are known before it is loaded. */
export interface SelectedModel {
  /** Id of the selected model. */
  readonly modelId: () => string
  /** Number of threads that an engine which starts now uses on WASM. */
  readonly threads: () => number
}

/** OpenAI's models have 1,024 positions; other numbers change the estimate only little. */
const N_POSITIONS = 1024

export function expectedModel({ modelId, threads }: SelectedModel): ExpectedModel {
  const { model } = readSettings()
  return {
    id: modelId(),
    precision: readPrecision(model),
    parameters: expectedParameters(model),
    nPositions: N_POSITIONS,
    threads: threads(),
  }
}
