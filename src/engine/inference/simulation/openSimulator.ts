import type { Checkpoint } from '../../../model/gpt2/checkpoint'
import type { ModelInfo } from '../../../shared/contracts/engine/prediction'
import type { SimulatedModel } from '../../../shared/contracts/engine/simulation'
import { OutOfMemoryError } from '../../../shared/errors'
import type { LoadOptions } from '../../contract/engineOptions'
import type { Runtime } from '../../runtime/runtime'
import { checkFits, checkTensorsFitWasm, lackOfMemory } from '../memoryLimits'
import { Simulator } from './simulator'

export interface SimulationOptions extends Pick<LoadOptions, 'backend' | 'threads'> {
  readonly openRuntime: () => Promise<Runtime>
}

/**
 * Loads an open checkpoint for simulations. The caller may close it afterwards.
 * @throws OutOfMemoryError, InferenceError, and the errors of `openRuntime`
 */
export async function openSimulator(
  checkpoint: Checkpoint,
  model: Pick<ModelInfo, 'id' | 'description' | 'fingerprint'>,
  { backend, threads, openRuntime }: SimulationOptions,
): Promise<Simulator> {
  const info = simulatedModel(checkpoint, model, { backend, threads })
  if (backend === 'wasm') {
    checkFits(info, { backend: 'wasm' })
    checkTensorsFitWasm(checkpoint, info)
  }
  const runtime = await openRuntime()
  return Simulator.load(checkpoint, info, runtime).catch((cause: unknown) => {
    runtime.close()
    throw cause instanceof OutOfMemoryError ? lackOfMemory(info, { cause }) : cause
  })
}

function simulatedModel(
  checkpoint: Checkpoint,
  { id, description, fingerprint }: Pick<ModelInfo, 'id' | 'description' | 'fingerprint'>,
  { backend, threads }: Pick<LoadOptions, 'backend' | 'threads'>,
): SimulatedModel {
  const { config, remarks, parameters, hasBiases } = checkpoint
  const { nLayer, nHead, nEmbd, nPositions, activation, layerNormEpsilon, tied } = config
  const [vocabularySize = NaN] = checkpoint.weight('wte.weight').shape
  return {
    id,
    description,
    fingerprint,
    remarks,
    parameters,
    precision: 'fp32',
    backend,
    threads,
    nLayer,
    nHead,
    nEmbd,
    nPositions,
    vocabularySize,
    activation,
    layerNormEpsilon,
    hasBiases,
    scalesByLayer: config.scaleAttnByInverseLayerIdx,
    isTied: tied,
  }
}
