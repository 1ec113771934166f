import type { GpuAdapter } from '../../../shared/contracts/engine/companionApi'
import { WebGpuUnavailableError } from '../../../shared/errors'

/**
 * The graphics adapter of the window that this host runs in.
 * @throws WebGpuUnavailableError if it has none
 */
export async function findGpuAdapter(): Promise<GpuAdapter> {
  // Undefined in a host without WebGPU, although the types declare it.
  const { navigator } = globalThis as {
    readonly navigator?: { readonly userAgent: string; readonly gpu?: GPU }
  }
  if (navigator?.gpu === undefined)
    throw new WebGpuUnavailableError('This window has no WebGPU. Update VS Code or the browser to use it.')
  const adapter = await navigator.gpu
    .requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null)
  if (adapter === null) {
    throw new WebGpuUnavailableError(
      'WebGPU finds no graphics adapter. Turn on hardware acceleration and update the graphics driver.',
    )
  }
  return { ...describeAdapter(adapter.info), implementation: navigator.userAgent }
}

function describeAdapter({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo) {
  const parts = [...new Set([description, vendor, architecture, device])].filter((part) => part !== '')
  return {
    name: parts.join(' ') || 'an unnamed graphics adapter',
    isSoftware: isFallbackAdapter || architecture === 'swiftshader',
  }
}
