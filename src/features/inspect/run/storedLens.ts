import { decodeLensRows, encodeLensRows, LensRows, type LensBlock } from '../../../shared/contracts/lensRows'

/** Names the file of a block. */
export type LensBlockId = Pick<LensBlock, 'section' | 'first'>

/** The files of a run's lens, one for each block. Only blocks that have changed are written. */
export class StoredLens {
  private readonly written = new Map<string, LensBlock>()

  async write(
    lens: LensRows,
    write: (name: string, content: Uint8Array) => PromiseLike<void>,
  ): Promise<void> {
    for (const block of lens.blocks) {
      const name = fileOf(block)
      if (this.written.get(name) === block) continue
      await write(name, encodeLensRows(block.rows))
      this.written.set(name, block)
    }
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
    for (const block of lens.blocks) this.written.set(fileOf(block), block)
    return lens
  }
}

function fileOf({ section, first }: LensBlockId): string {
  return `lens-${section}-${first}`
}
