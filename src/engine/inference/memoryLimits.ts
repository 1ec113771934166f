import { type Checkpoint, expectedShapes } from '../../model/gpt2/checkpoint'
import type { ModelInfo } from '../../shared/contracts/prediction'
import { Fp32OutOfMemoryError, OutOfMemoryError } from '../../shared/errors'
import { formatBytes } from '../../shared/text/format'
import { describeLackOfMemory, WASM_MEMORY_BYTES, weightMemoryBytes } from '../../shared/text/modelText'

/** ONNX Runtime's WASM build counts the bytes of a tensor in signed 32-bit integers. */
const MAX_WASM_TENSOR_BYTES = 2 ** 31 - 1

type ModelSize = Pick<ModelInfo, 'id' | 'parameters' | 'precision'>

/**
 * Refuses a model whose weights are more than WASM can address, before any of them is read.
 * @param beside a model that stays in memory
 * @throws OutOfMemoryError
 */
export function checkFitsWasm(model: ModelSize, beside?: ModelSize): void {
  const bytes = bytesOf(model)
  if (bytes >= WASM_MEMORY_BYTES) throw lackOfMemory(model)
  if (beside === undefined || bytes + bytesOf(beside) < WASM_MEMORY_BYTES) return
  throw new OutOfMemoryError(
    `${model.id} and ${beside.id} together need ${formatBytes(bytes + bytesOf(beside))} of memory; WASM can use ${formatBytes(WASM_MEMORY_BYTES)}. Compare smaller models, or use int8.`,
  )
}

function bytesOf(model: ModelSize): number {
  return weightMemoryBytes(model, model.precision)
}

/**
 * Refuses a tensor that is too large for WASM.
 * @throws OutOfMemoryError
 */
export function checkTensorsFitWasm(checkpoint: Checkpoint, model: ModelSize): void {
  for (const [name] of expectedShapes(checkpoint.config)) {
    if (!checkpoint.has(name)) continue
    const { byteLength } = checkpoint.weight(name)
    if (byteLength <= MAX_WASM_TENSOR_BYTES) continue
    throw outOfMemory(
      model,
      `${name} of ${model.id} has ${formatBytes(byteLength)}; WASM can load at most ${formatBytes(MAX_WASM_TENSOR_BYTES)} as one tensor.`,
    )
  }
}

export function lackOfMemory(model: ModelSize, cause?: unknown): OutOfMemoryError {
  return outOfMemory(model, `${describeLackOfMemory(model)}.`, cause)
}

function outOfMemory({ precision }: ModelSize, message: string, cause?: unknown): OutOfMemoryError {
  const ErrorClass = precision === 'fp32' ? Fp32OutOfMemoryError : OutOfMemoryError
  return new ErrorClass(message, { cause })
}
