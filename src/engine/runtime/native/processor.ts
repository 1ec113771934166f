import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'

/**
 * The processor and the instructions that it has, as far as the system tells them: what decides which of its kernels ONNX
 * Runtime uses. Virtual machines of one processor may differ in their instructions.
 */
export async function processorFeatures(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const [features = ''] = /^(flags|Features)\s*:.*$/m.exec(text) ?? []
  return [process.platform, process.arch, cpus().at(0)?.model.trim() ?? '', features].join('\n')
}
