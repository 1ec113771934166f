/**
 * The element at an index that the caller knows to exist.
 * @throws RangeError if the index is outside of the list, because a wrong index must not become a wrong number
 */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index]
  if (element === undefined) throw new RangeError(`index ${index} is outside of a list of ${list.length}`)
  return element
}
