import { type AdapterAnswer, COMPANION_VERSION } from '../shared/companionApi'

/** The graphics adapter of this window, or why there is none. */
export async function describeAdapter(): Promise<AdapterAnswer> {
  const missing = (why: string) => ({ version: COMPANION_VERSION, missing: why })
  // Absent where a host has no WebGPU, whatever the types say.
  const gpu = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu
  if (gpu === undefined) return missing('This window has no WebGPU.')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  if (adapter === null) return missing('This window has no graphics adapter that WebGPU can use.')
  return { version: COMPANION_VERSION, adapter: nameOf(adapter.info) }
}

function nameOf({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo) {
  const parts = [...new Set([description, vendor, architecture, device])].filter((part) => part !== '')
  return {
    name: parts.join(' ') || 'a graphics adapter without a name',
    isSoftware: isFallbackAdapter || architecture === 'swiftshader',
  }
}
