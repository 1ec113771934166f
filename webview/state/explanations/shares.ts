// The parts of an attribution as rows of a tree: components, their heads, and the source positions of a head.
// L = nLayer, H = nHead, S = rows of the window

import type { Attribution } from '../../../src/shared/contracts/engine/explanation'
import type { WhyWindow } from '../../../src/shared/contracts/panel/why'
import { elementAt } from '../../../src/shared/elementAt'

export type ShareOrder = 'size' | 'layer'

/** The component or the token that a share belongs to. */
export type ShareLabel =
  /** A component in the field's notation: `L1 MLP`, `L0 attn`, `L0H1`, `wpe[63]`. */
  | { readonly kind: 'name'; readonly name: string; readonly description: string }
  /** The embedding of a token. */
  | { readonly kind: 'wte'; readonly tokenId: number }
  /** A source position of a head. */
  | { readonly kind: 'source'; readonly row: number }
  /** Several parts in one row. */
  | { readonly kind: 'rest'; readonly count: number; readonly of: 'sources' | 'components' }

/** A visible row of the tree. */
export interface ShareRow {
  /** Identifies the row in every attribution: the same head has the same id for every token. */
  readonly id: string
  /** 1 for the components. */
  readonly level: number
  readonly label: ShareLabel
  /** A logit, or a difference of logits. */
  readonly value: number
  /** Null if the row does not open. */
  readonly open: boolean | null
  /** Place among the rows of the same parent, from 1, and their number. */
  readonly place: number
  readonly siblings: number
  /** Null for a component. */
  readonly parent: string | null
}

/** How many components are listed by size before the rest is one row. */
const MAX_LISTED_COMPONENTS = 7
/** How many source positions of a head are listed before the rest is one row. */
const MAX_LISTED_SOURCES = 8
/** Source positions below this share of the head's strongest one are in the rest. */
const MIN_LISTED_SHARE = 0.05

/** The rows that are visible when the nodes with the ids in `open` are open. */
export function visibleShares(
  attribution: Attribution,
  window: WhyWindow,
  { order, open }: { readonly order: ShareOrder; readonly open: ReadonlySet<string> },
): readonly ShareRow[] {
  const components = componentsOf(attribution, window)
  const roots = order === 'layer' ? components : largestComponents(components)
  return rowsOf(roots, { level: 1, parent: null, open })
}

interface ShareNode {
  readonly id: string
  readonly label: ShareLabel
  readonly value: number
  /** Made when the node is opened. */
  readonly children?: () => readonly ShareNode[]
}

function rowsOf(
  nodes: readonly ShareNode[],
  { level, parent, open }: { level: number; parent: string | null; open: ReadonlySet<string> },
): ShareRow[] {
  return nodes.flatMap(({ id, label, value, children }, i) => {
    const isOpen = children !== undefined && open.has(id)
    const row: ShareRow = {
      id,
      level,
      label,
      value,
      open: children === undefined ? null : isOpen,
      place: i + 1,
      siblings: nodes.length,
      parent,
    }
    return isOpen ? [row, ...rowsOf(children(), { level: level + 1, parent: id, open })] : [row]
  })
}

/** All components in the order in which the model computes them. */
function componentsOf(attribution: Attribution, { inputIds }: WhyWindow): readonly ShareNode[] {
  const { wte, wpe, lnF, attention, mlp } = attribution
  const lastRow = inputIds.length - 1
  return [
    { id: 'wte', label: { kind: 'wte', tokenId: elementAt(inputIds, lastRow) }, value: wte },
    { id: 'wpe', label: named(`wpe[${lastRow}]`, 'position embedding · hook_pos_embed'), value: wpe },
    ...Array.from(attention, (value, layer): ShareNode[] => [
      {
        id: `L${layer}.attn`,
        label: named(`L${layer} attn`, `attention of h.${layer} · blocks.${layer}.hook_attn_out`),
        value,
        children: () => headsOf(attribution, layer, inputIds.length),
      },
      {
        id: `L${layer}.mlp`,
        label: named(`L${layer} MLP`, `MLP of h.${layer} · blocks.${layer}.hook_mlp_out`),
        value: elementAt(mlp, layer),
      },
    ]).flat(),
    { id: 'lnF', label: named('ln_f bias', 'ln_final.b'), value: lnF },
  ]
}

/** @param description for the tool tip, with the name in TransformerLens */
function named(name: string, description: string): ShareLabel {
  return { kind: 'name', name, description }
}

/** The heads of a layer, and the part of its attention that belongs to none of them. */
function headsOf(
  { sources, attention, attentionBias }: Attribution,
  layer: number,
  sourceCount: number,
): readonly ShareNode[] {
  const heads = sources.length / (attention.length * sourceCount)
  return [
    ...Array.from({ length: heads }, (_, head): ShareNode => {
      const start = (layer * heads + head) * sourceCount
      const values = sources.subarray(start, start + sourceCount)
      const id = `L${layer}H${head}`
      return {
        id,
        label: named(id, `head ${head} of h.${layer} · blocks.${layer}.attn.hook_result[:, :, ${head}]`),
        value: values.reduce((sum, value) => sum + value, 0),
        children: () => sourcesOf(id, values),
      }
    }),
    {
      id: `L${layer}.bias`,
      label: named('bias', 'what no head adds: b_O, and b_V through W_O'),
      value: elementAt(attentionBias, layer),
    },
  ]
}

/** The source positions of a head, largest first. */
function sourcesOf(head: string, values: Float32Array): readonly ShareNode[] {
  const nodes = bySize(
    Array.from(values, (value, row): ShareNode => {
      return { id: `${head}[${row}]`, label: { kind: 'source', row }, value }
    }),
  )
  const least = MIN_LISTED_SHARE * Math.abs(nodes[0]?.value ?? 0)
  const listed = nodes.filter(({ value }, i) => i < MAX_LISTED_SOURCES && Math.abs(value) >= least).length
  return withRest(nodes, { listed, id: `${head}.rest`, of: 'sources' })
}

function largestComponents(components: readonly ShareNode[]): readonly ShareNode[] {
  return withRest(bySize(components), { listed: MAX_LISTED_COMPONENTS, id: 'rest', of: 'components' })
}

function bySize(nodes: readonly ShareNode[]): readonly ShareNode[] {
  return nodes.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
}

/** The first nodes, and one that opens to the others. A rest of one node is that node. */
function withRest(
  nodes: readonly ShareNode[],
  { listed, id, of }: { readonly listed: number; readonly id: string; readonly of: 'sources' | 'components' },
): readonly ShareNode[] {
  const rest = nodes.slice(listed)
  if (rest.length <= 1) return nodes
  const value = rest.reduce((sum, node) => sum + node.value, 0)
  return [
    ...nodes.slice(0, listed),
    { id, label: { kind: 'rest', count: rest.length, of }, value, children: () => rest },
  ]
}
