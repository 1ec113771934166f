// Turns off the telemetry of ONNX Runtime's libraries for Linux and macOS, which from 1.29 on send events over HTTPS and write
// a device id. The library reads the variable once, when it is initialized, so this module is imported before the binding.
import { isMainThread } from 'node:worker_threads'

// A thread's process.env is a copy that native code does not see.
if (!isMainThread && process.env.ORT_DISABLE_TELEMETRY !== '1') {
  throw new Error('The native runtime must be loaded in the main thread of a process.')
}
process.env.ORT_DISABLE_TELEMETRY = '1'
