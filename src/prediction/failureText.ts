import type { Inspection } from '../shared/contracts/panel/inspection'
import type { Remedy } from '../shared/remedies'
import {
  BaselineMemoryError,
  Fp32OutOfMemoryError,
  ModelFilesError,
  OutOfMemoryError,
} from '../shared/errors'
import { scoredCount, tokenCount } from '../shared/numbers/summary'
import { formatCount, formatCounted } from '../shared/text/format'
import { describeLackOfMemory } from '../shared/text/modelText'

/** A failure as the user sees it. */
export interface Failure {
  readonly message: string
  readonly remedies: readonly Remedy[]
}

/** Describes a failure and its remedies. Pass `inspection` if part of its results is already shown. */
export function describeFailure(error: unknown, inspection?: Inspection): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof BaselineMemoryError) return { message, remedies: ['selectModel'] }
  if (error instanceof OutOfMemoryError) {
    const isExact = error instanceof Fp32OutOfMemoryError || inspection?.model.precision === 'fp32'
    return {
      message: inspection === undefined ? message : withShownCount(inspection),
      remedies: isExact ? ['useInt8', 'selectModel'] : ['selectModel'],
    }
  }
  return { message, remedies: error instanceof ModelFilesError ? ['selectModel'] : [] }
}

function withShownCount({ model, sections }: Inspection): string {
  const shown = `${formatCount(scoredCount(sections))} of ${formatCounted(tokenCount(sections), 'token')}`
  return `${describeLackOfMemory(model)}; ${shown} are shown`
}
