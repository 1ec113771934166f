import { type FileMove, uriAfterMove } from '../../editor/documents/uriAfterMove'

const MEMORY_KEY = 'heatmap.documents'
/** If the heatmap is on in more documents, only those where it was turned on last are stored. */
const MAX_STORED_DOCUMENTS = 100

/** VS Code's `Memento`. */
export interface Memory {
  get(key: string): unknown
  update(key: string, value: unknown): PromiseLike<void>
}

/** The URIs of the documents whose heatmap is on, stored for the next start of the window. */
export class RememberedDocuments {
  /** In the order in which they were turned on. */
  private uris: ReadonlySet<string>

  constructor(private readonly memory: Memory) {
    const stored = memory.get(MEMORY_KEY)
    this.uris = new Set(Array.isArray(stored) ? stored.filter((uri) => typeof uri === 'string') : [])
  }

  has(uri: string): boolean {
    return this.uris.has(uri)
  }

  /** Adds a document, as the latest one. */
  add(uri: string): void {
    this.store([...this.without(uri), uri])
  }

  remove(uri: string): void {
    this.store(this.without(uri))
  }

  /** Follows a renamed, moved or deleted file or folder; returns whether it has an effect on any document. */
  follow(move: FileMove): boolean {
    const before = [...this.uris]
    const after = before.map((uri) => uriAfterMove(uri, move))
    if (after.every((uri, i) => uri === before[i])) return false
    this.store(after.filter((uri) => uri !== undefined))
    return true
  }

  private without(uri: string): string[] {
    return [...this.uris].filter((other) => other !== uri)
  }

  private store(uris: readonly string[]): void {
    this.uris = new Set(uris)
    void this.memory.update(MEMORY_KEY, [...this.uris].slice(-MAX_STORED_DOCUMENTS))
  }
}
