import * as ort from 'onnxruntime-web'

/** In the heap or on the GPU; whoever is given one that is not said to be another's disposes of it. */
export type Tensor = ort.Tensor

/** Named tensors that go into a run, or come out of it. */
export type Tensors = Record<string, Tensor>

export const tensor = {
  float32: (data: Float32Array, shape: readonly number[]) => new ort.Tensor('float32', data, shape),
  int32: (data: Int32Array, shape: readonly number[]) => new ort.Tensor('int32', data, shape),
  bool: (value: boolean) => new ort.Tensor('bool', [value], []),
}
