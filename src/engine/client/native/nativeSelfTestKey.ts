import { dependencies, version } from '../../../../package.json'
import type { Precision } from '../../../shared/contracts/engine/prediction'

/**
 * A self-test of the native library holds for one processor, release of ONNX Runtime, release of Logitscope and precision. The
 * library is only used if its release is the one of `onnxruntime-web`.
 * @param device the processor's name
 */
export function nativeSelfTestKey(device: string, precision: Precision): string {
  return `backendCheck native ${version} ${dependencies['onnxruntime-web']} ${precision} ${device}`
}
