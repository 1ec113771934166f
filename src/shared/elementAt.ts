/**
 * The element at an index that the caller knows to exist.
 * Throws RangeError outside of the list, so that a wrong index never becomes a wrong number.
 */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index]
  if (element === undefined) throw new RangeError(`index ${index} is outside of a list of ${list.length}`)
  return element
}
