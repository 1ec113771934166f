import {
  decodeLensRows,
  encodeLensRows,
  LensRows,
  type LensBlock,
} from '../../../shared/contracts/panel/lensRows'

/** Names the file of a block. */
export type LensBlockId = Pick<LensBlock, 'section' | 'first'>

/** The files of a run's lens, one for each block. Only blocks that have changed are written. */
export class StoredLens {
  /** The blocks that are in their files, by name. */
  private written: ReadonlyMap<string, LensBlock> = new Map()

  async write(
    lens: LensRows,
    write: (name: string, content: Uint8Array) => PromiseLike<void>,
  ): Promise<void> {
    const blocks = byFile(lens)
    for (const [name, block] of blocks)
      if (this.written.get(name) !== block) await write(name, encodeLensRows(block.rows))
    this.written = blocks
  }

  /** Blocks whose file is missing or incomplete are omitted; the panel requests their rows again. */
  async read(
    ids: readonly LensBlockId[],
    read: (name: string) => PromiseLike<Uint8Array>,
  ): Promise<LensRows> {
    const blocks = await Promise.allSettled(
      ids.map(async ({ section, first }): Promise<LensBlock> => {
        const rows = decodeLensRows(await read(fileOf({ section, first })))
        return { section, first, rows }
      }),
    )
    const lens = LensRows.of(blocks.flatMap((block) => (block.status === 'fulfilled' ? block.value : [])))
    this.written = byFile(lens)
    return lens
  }
}

function byFile(lens: LensRows): ReadonlyMap<string, LensBlock> {
  return new Map(lens.blocks.map((block) => [fileOf(block), block]))
}

function fileOf({ section, first }: LensBlockId): string {
  return `lens-${section}-${first}`
}
