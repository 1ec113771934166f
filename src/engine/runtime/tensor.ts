import { Tensor as OrtTensor } from 'onnxruntime-common'
import { elementAt } from '../../shared/elementAt'

/** In the heap or on the GPU. The receiver of a tensor disposes of it unless its documentation says otherwise. */
export type Tensor = OrtTensor

/** Named inputs or outputs of a run. */
export type Tensors = Record<string, Tensor>

/** The length of the first dimension. */
export function rowCount({ dims }: Tensor): number {
  return elementAt(dims, 0)
}

/** The same numbers in another shape, without a copy: valid until the tensor is disposed of. */
export function reshaped(rows: Tensor, dims: readonly number[]): Tensor {
  if (rows.location !== 'gpu-buffer') return rows.reshape(dims)
  return OrtTensor.fromGpuBuffer(rows.gpuBuffer, { dataType: 'float32', dims })
}

export const tensor = {
  float32: (data: Float32Array, shape: readonly number[]) => new OrtTensor('float32', data, shape),
  int32: (data: Int32Array, shape: readonly number[]) => new OrtTensor('int32', data, shape),
  int64: (values: readonly number[]) =>
    new OrtTensor('int64', BigInt64Array.from(values, BigInt), [values.length]),
  uint8: (data: Uint8Array, shape: readonly number[]) => new OrtTensor('uint8', data, shape),
  bool: (value: boolean) => new OrtTensor('bool', [value], []),
  bools: (values: readonly boolean[]) => new OrtTensor('bool', [...values], [values.length]),
}
