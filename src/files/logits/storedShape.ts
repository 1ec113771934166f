import { formatCounted } from '../../shared/text/format'
import { ArrayFileError } from '../source/errors'

/** An axis of one text beside those of a matrix, as in [1, n, V]. More axes are not what the readers know. */
const MAX_MATRIX_AXES = 3

/** `[1, 5, 50257]` */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

/**
 * @param place the array in its file, for the message
 * @param instead the shape to save instead
 * @throws ArrayFileError for an array with more axes than a matrix and one for the text
 */
export function requireMatrix(shape: readonly number[], place: string, instead: string): void {
  if (shape.length <= MAX_MATRIX_AXES) return
  throw new ArrayFileError(
    `${place} has the shape ${shapeText(shape)}, which has ${shape.length} axes. Save an array of the shape ${instead}.`,
  )
}

/**
 * A sentence for the user about an array that was read as another shape than it has.
 * @param place the array in its file
 * @param noun of what it was read as
 */
export function shapeRemark(
  shape: readonly number[],
  place: string,
  { count, noun }: { readonly count: number; readonly noun: string },
): string {
  return `${place} has the shape ${shapeText(shape)} and was read as ${formatCounted(count, noun)}.`
}
