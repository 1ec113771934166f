import { assertNever } from '../../shared/assertNever'
import { formatBytes, formatBytesOf, formatRoughDuration } from '../../shared/text/format'
import type { StoreProgress } from './storeState'

/** `120 of 548 MB · 4 MB/s · 2 minutes left`, or another activity of the store; `total` and the rate in bytes. */
export function describeProgress(
  progress: StoreProgress,
  total: number,
  bytesPerSecond: number | undefined,
): string {
  switch (progress.kind) {
    case 'waiting':
      return `another window is working on it · ${formatBytesOf(progress.bytes, total)}`
    case 'checking':
      return `checking existing files · ${formatBytesOf(progress.bytes, total)}`
    case 'downloading':
    case 'copying':
      return [
        formatBytesOf(progress.bytes, total),
        ...(bytesPerSecond === undefined ? [] : rateAndTime(total - progress.bytes, bytesPerSecond)),
      ].join(' · ')
    case 'pausing':
      return `${progress.reason} · retrying in ${formatRoughDuration(Math.max(1, progress.delayMs / 1000))}`
    default:
      return assertNever(progress)
  }
}

function rateAndTime(rest: number, bytesPerSecond: number): string[] {
  const rate = `${formatBytes(bytesPerSecond)}/s`
  const seconds = rest / bytesPerSecond
  return seconds < MAX_SECONDS ? [rate, `${formatRoughDuration(Math.max(1, seconds))} left`] : [rate]
}

/** A longer estimate says nothing: the download has almost stopped. */
const MAX_SECONDS = 24 * 3600
