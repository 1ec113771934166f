import { isRecord } from '../../../shared/isRecord'

/** Absolute paths of the shared libraries that this process has loaded, as Node reports them. */
export function loadedLibraries(): string[] {
  const report: unknown = process.report.getReport()
  const libraries = isRecord(report) ? report.sharedObjects : undefined
  return Array.isArray(libraries) ? libraries.filter((path) => typeof path === 'string') : []
}
