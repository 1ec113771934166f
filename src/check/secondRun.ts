// Two runs of the same code. n = rows, V = tokens of the vocabulary

import type { LogitsFile } from '../files/logits/logitsFile'
import { logProbsOf } from '../files/representation/logProbsOf'
import type { UnderstoodLogits } from '../files/representation/representation'
import { elementAt } from '../shared/elementAt'
import { noiseOfRow } from './noise'

/** The largest of 50,257 differences, in units of their deviation, is about 5; a GPU adds in another order in each run. */
const MAX_DEVIATIONS = 20

/**
 * The largest difference of two log-probabilities of two runs, and what rounding and arithmetic explain; nats.
 * @param second has as many rows
 */
export async function differenceOfRuns(
  { file, representation }: UnderstoodLogits,
  second: LogitsFile,
): Promise<{ readonly delta: number; readonly tolerance: number }> {
  let [delta, noise] = [0, 0]
  for (let row = 0; row < file.rows; row++) {
    const values = await file.readRow(row)
    const first = logProbsOf(values, representation)
    const other = logProbsOf(await second.readRow(row), representation)
    noise = Math.max(noise, noiseOfRow(values, representation))
    for (let v = 0; v < first.length; v++) {
      const difference = Math.abs(elementAt(first, v) - elementAt(other, v))
      if (difference > delta) delta = difference
    }
  }
  await second.checkUnchanged()
  return { delta, tolerance: MAX_DEVIATIONS * noise }
}
