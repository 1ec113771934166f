import { Fp32OutOfMemoryError, ModelFilesError, OutOfMemoryError } from '../shared/errors'
import { formatCount, formatCounted } from '../shared/text/format'
import { describeLackOfMemory } from '../shared/text/modelText'
import type { Inspection } from '../shared/contracts/prediction'
import { scoredCount, tokenCount } from '../shared/numbers/summary'
import type { Remedy } from '../shared/contracts/remedies'

/** A failure as people are told it. */
export interface Failure {
  readonly message: string
  readonly remedies: readonly Remedy[]
}

/** What has failed, and what to do about it; `inspection` where some of it is shown already. */
export function describeFailure(error: unknown, inspection?: Inspection): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof OutOfMemoryError) {
    const isExact = error instanceof Fp32OutOfMemoryError || inspection?.model.precision === 'fp32'
    return {
      message: inspection === undefined ? message : withWhatIsShown(inspection),
      remedies: isExact ? ['useInt8', 'selectModel'] : ['selectModel'],
    }
  }
  return { message, remedies: error instanceof ModelFilesError ? ['selectModel'] : [] }
}

function withWhatIsShown({ model, sections }: Inspection): string {
  const shown = `${formatCount(scoredCount(sections))} of ${formatCounted(tokenCount(sections), 'token')}`
  return `${describeLackOfMemory(model)}; ${shown} are shown`
}
