import { elementAt } from './elementAt'
import type { List } from './list'

/**
 * An immutable list that is made longer without a copy: the longer list shares its items with the shorter one, which does
 * not read beyond its own length. The fields are private to the language, so that tests compare two lists by their items.
 */
export class AppendedList<T> implements List<T> {
  readonly #items: T[]
  readonly #length: number

  private constructor(items: T[]) {
    this.#items = items
    this.#length = items.length
  }

  /** The items of `list`, then those of `more`. */
  static of<T>(list: List<T>, more: Iterable<T>): AppendedList<T> {
    // A second continuation of the same list has other items after it, so it gets a copy.
    const isLongest = AppendedList.isAppended(list) && list.#items.length === list.#length
    const items = isLongest ? list.#items : [...list]
    for (const item of more) items.push(item)
    return new AppendedList(items)
  }

  private static isAppended<T>(list: List<T>): list is AppendedList<T> {
    return list instanceof AppendedList
  }

  get length(): number {
    return this.#length
  }

  at(index: number): T | undefined {
    const i = index < 0 ? index + this.#length : index
    return i < this.#length ? this.#items[i] : undefined
  }

  slice(start?: number, end?: number): T[] {
    return this.#items.slice(0, this.#length).slice(start, end)
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#length; i++) yield elementAt(this.#items, i)
  }

  /** Messages to the panel are JSON, in which the list is an array. */
  toJSON(): T[] {
    return this.slice()
  }
}
