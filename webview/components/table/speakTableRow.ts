import { formatCount, formatWholePercent, speakPercent } from '../../../src/shared/text/format'
import type { Distribution } from '../../../src/shared/contracts/engine/prediction'
import { deltaBits } from '../../../src/shared/numbers/comparedTokens'
import { speakRow } from '../../../src/shared/text/spokenRow'
import { describeDelta } from '../../state/rows/colouring'
import type { Row } from '../../state/rows/rows'
import { describeUncompared } from '../../state/rows/uncompared'
import type { RowContext } from './rowContext'

/** A row as a screen reader reads it; of a comparison, what the baseline's side has follows. */
export function speakTableRow(row: Row, context: Pick<RowContext, 'labels' | 'sides'>): string {
  const { token, ...rest } = row
  const { labels, sides } = context
  const { compared, comparedNext, uncompared } = row
  const score = compared?.score ?? row.score
  const distribution = compared?.score ?? comparedNext?.shown ?? row.distribution
  const spoken = speakRow({ ...rest, score, distribution, tokenId: token?.tokenId ?? null }, (tokenId) =>
    labels.speak(tokenId),
  )
  if (sides === null) return spoken
  const { names, likelier } = sides
  if (compared !== null) {
    const { baselineScore } = compared
    const probability = speakPercent(Math.exp(baselineScore.logProb))
    return `${spoken} ${names.baseline}: probability ${probability}, rank ${formatCount(baselineScore.rank)}, expected ${speakTop(baselineScore, context)}. ${describeDelta(deltaBits(compared), likelier)}.`
  }
  if (comparedNext !== null)
    return `${spoken} ${names.baseline}: expected ${speakTop(comparedNext.baseline, context)}.`
  return uncompared === null ? spoken : `${spoken} ${describeUncompared(uncompared, names)}`
}

function speakTop({ top }: Distribution, { labels }: Pick<RowContext, 'labels'>): string {
  const first = top.at(0)
  if (first === undefined) return 'nothing'
  const percent = formatWholePercent(Math.exp(first.logProb))
    .replace('<', 'less than ')
    .replace(' %', ' percent')
  return `${labels.speak(first.tokenId)}, ${percent}`
}
