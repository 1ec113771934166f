import { type Checkpoint, expectedShapes } from '../../model/gpt2/checkpoint'
import type { Backend, ModelInfo } from '../../shared/contracts/engine/prediction'
import { BaselineMemoryError, Fp32OutOfMemoryError, OutOfMemoryError } from '../../shared/errors'
import { formatBytes } from '../../shared/text/format'
import { describeLackOfMemory, WASM_MEMORY_BYTES, weightMemoryBytes } from '../../shared/text/modelText'

/** ONNX Runtime's WASM build counts the bytes of a tensor in signed 32-bit integers. */
const MAX_WASM_TENSOR_BYTES = 2 ** 31 - 1

type ModelSize = Pick<ModelInfo, 'id' | 'parameters' | 'precision'>

/** Where a model is loaded, and what is in memory already. */
export interface MemoryLimits {
  readonly backend: Backend
  /** A model that stays in memory beside this one. */
  readonly beside?: ModelSize | undefined
  /** Bytes that are free on the machine, which a model beside another one must fit into. Absent: unknown. */
  readonly freeBytes?: number | undefined
}

/**
 * Refuses a model for which there is not enough memory, before any of its weights is read: one whose weights are more than
 * WASM can address, and a second one that does not fit beside the first.
 * @throws OutOfMemoryError, BaselineMemoryError for a second model
 */
export function checkFits(model: ModelSize, { backend, beside, freeBytes = Infinity }: MemoryLimits): void {
  const bytes = bytesOf(model)
  if (beside === undefined) {
    if (backend === 'wasm' && bytes >= WASM_MEMORY_BYTES) throw lackOfMemory(model)
    return
  }
  const together = bytes + bytesOf(beside)
  if (backend === 'wasm' && together >= WASM_MEMORY_BYTES) {
    const names = `${model.id} (${model.precision}) and ${beside.id} (${beside.precision})`
    const limit = `WASM can use ${formatBytes(WASM_MEMORY_BYTES)}`
    throw new BaselineMemoryError(
      `${names} together need ${formatBytes(together)} of memory; ${limit}. ${smallerThan(model, beside)}`,
    )
  }
  if (bytes > freeBytes) {
    const free = `${formatBytes(freeBytes)} are free`
    throw new BaselineMemoryError(
      `${neededBeside(model, beside)}; ${free}. Close other programs. ${smallerThan(model, beside)}`,
    )
  }
}

/** The error of a model for which memory could not be allocated. */
export function lackOfMemory(
  model: ModelSize,
  { beside, cause }: { readonly beside?: ModelSize | undefined; readonly cause?: unknown } = {},
): OutOfMemoryError {
  if (beside === undefined) return outOfMemory(model, `${describeLackOfMemory(model)}.`, cause)
  return new BaselineMemoryError(
    `${neededBeside(model, beside)}, more than is available. ${smallerThan(model, beside)}`,
    { cause },
  )
}

/** `gpt2 (fp32) needs 498 MB of memory beside gpt2-large (int8)` */
function neededBeside(model: ModelSize, beside: ModelSize): string {
  const needs = `${model.id} (${model.precision}) needs ${formatBytes(bytesOf(model))} of memory`
  return `${needs} beside ${beside.id} (${beside.precision})`
}

/** The advice that ends the error's message. */
function smallerThan(...models: readonly ModelSize[]): string {
  const canUseInt8 = models.some(({ precision }) => precision === 'fp32')
  return canUseInt8 ? 'Compare a smaller model, or use int8.' : 'Compare a smaller model.'
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

function outOfMemory({ precision }: ModelSize, message: string, cause?: unknown): OutOfMemoryError {
  const ErrorClass = precision === 'fp32' ? Fp32OutOfMemoryError : OutOfMemoryError
  return new ErrorClass(message, { cause })
}
