/** A list that can be read: an array, or a class that holds its items in another way. */
export interface List<T> extends Iterable<T> {
  readonly length: number
  at(index: number): T | undefined
  slice(start?: number, end?: number): T[]
}
