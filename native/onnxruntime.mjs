// Bundled as dist/onnxruntime.cjs, which Logitscope's engine process loads.
import './telemetry.mjs'

export { env, InferenceSession, Tensor } from 'onnxruntime-node'
export { version } from 'onnxruntime-node/dist/version.js'
