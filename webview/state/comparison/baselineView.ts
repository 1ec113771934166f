import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { Row, RowBlock } from '../rows/rows'

/** The inspection and the rows that the views of one side show. */
export interface SideView {
  readonly inspection: Inspection
  /** The rows of each section. */
  readonly rows: readonly RowBlock[]
}

/** The shown rows as the baseline predicts them. Rows and blocks stay the same objects as long as those of the shown side do. */
export class BaselineViewStore {
  private readonly inspections = new WeakMap<Inspection, Inspection>()
  private readonly views = new WeakMap<readonly RowBlock[], SideView['rows']>()
  private readonly blocks = new WeakMap<RowBlock, RowBlock>()
  private readonly rows = new WeakMap<Row, Row>()

  viewOf({ inspection, rows }: SideView): SideView {
    return {
      inspection: cached(this.inspections, inspection, () => inspectionOfBaseline(inspection)),
      rows: cached(this.views, rows, () =>
        rows.map((block) =>
          cached(this.blocks, block, () =>
            block.map((row) => cached(this.rows, row, () => rowOfBaseline(row))),
          ),
        ),
      ),
    }
  }
}

/** The inspection with the baseline's model and the baseline's number of tokens before the text. */
function inspectionOfBaseline(inspection: Inspection): Inspection {
  const { comparison } = inspection
  const sections = inspection.sections.map((section, i) => ({
    ...section,
    contextTokens: comparison?.sections[i]?.contextTokens?.baseline ?? section.contextTokens,
  }))
  return { ...inspection, model: comparison?.models?.baseline ?? inspection.model, sections }
}

function rowOfBaseline(row: Row): Row {
  const score = row.compared?.baselineScore ?? null
  const distribution = score ?? row.comparedNext?.baseline ?? null
  const reason = row.unscored ?? (row.uncompared === 'first' ? 'noContext' : 'uncompared')
  const unscored = distribution === null ? reason : null
  return { ...row, score, distribution, unscored, stale: false, depth: null }
}

function cached<K extends object, V>(cache: WeakMap<K, V>, key: K, compute: () => V): V {
  const known = cache.get(key)
  if (known !== undefined) return known
  const value = compute()
  cache.set(key, value)
  return value
}
