import type { StatusEntry } from '../../../editor/ui/statusEntries'

export const INSPECT_STATUS_ENTRIES: readonly StatusEntry[] = [
  {
    menuItem: () => ({
      group: 'Panel',
      label: 'Inspect Logits',
      icon: 'graph',
      command: ['logitscope.inspectLogits'],
    }),
  },
  {
    menuItem: () => ({
      group: 'Panel',
      label: 'Open Panel',
      icon: 'split-horizontal',
      command: ['logitscope.focusPanel'],
    }),
  },
]
