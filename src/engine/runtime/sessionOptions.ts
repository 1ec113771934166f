import type { InferenceSession } from 'onnxruntime-common'

/** Options of every session. */
export const GRAPH_OPTIONS = {
  // Higher levels find nothing to optimise in these graphs, and searching takes 0.1 s.
  graphOptimizationLevel: 'basic',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions

/** For `extra.session`: the runtime keeps only the stored form of every matrix. */
export const WITHOUT_PREPACKING = { disable_prepacking: '1' }
