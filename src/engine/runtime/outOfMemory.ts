/**
 * Whether an error of ONNX Runtime or JavaScript means that memory could not be allocated. ORT passes on the message of
 * the C++ or V8 error, but not its class; V8 throws RangeError with one of several messages.
 */
export function isOutOfMemory(error: unknown): boolean {
  return OUT_OF_MEMORY.test(String(error))
}

const OUT_OF_MEMORY =
  /bad_alloc|out of memory|allocation failed|failed to allocate memory|could not allocate|invalid (array buffer max|typed array|array buffer) length/i
