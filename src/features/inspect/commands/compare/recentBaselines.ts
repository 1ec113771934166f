import type * as vscode from 'vscode'
import type { Baseline } from '../../../../shared/contracts/panel/comparison'
import { PRECISIONS } from '../../../../shared/contracts/engine/prediction'
import { isSameBaseline } from '../../session/baselines'

const KEY = 'recentBaselines'
const MAX_RECENT = 3

/** The baselines that were chosen last in this workspace, the newest first. */
export class RecentBaselines {
  constructor(private readonly memento: vscode.Memento) {}

  get(): readonly Baseline[] {
    const stored = this.memento.get<unknown>(KEY)
    return Array.isArray(stored) ? stored.filter(isBaseline) : []
  }

  async add(baseline: Baseline): Promise<void> {
    const others = this.get().filter((other) => !isSameBaseline(other, baseline))
    await this.memento.update(KEY, [baseline, ...others].slice(0, MAX_RECENT))
  }
}

/** An older version of the extension may have stored another form. */
function isBaseline(value: unknown): value is Baseline {
  if (typeof value !== 'object' || value === null) return false
  const { kind, id, precision, source, name } = value as Record<string, unknown>
  switch (kind) {
    case 'model':
      return typeof id === 'string' && PRECISIONS.some((known) => known === precision)
    case 'text':
      return typeof name === 'string' && TEXT_SOURCES.some((known) => known === source)
    case 'context':
      return true
    default:
      return false
  }
}

const TEXT_SOURCES = ['saved', 'document', 'clipboard'] as const
