import { cpus } from 'node:os'

/** The processor as the operating system names it; its architecture if that has no name. */
export function processorName(): string {
  return cpus().at(0)?.model.trim() || process.arch
}
