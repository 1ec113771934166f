/** What can be done about a failure beside trying again: commands that a notice and a notification offer as buttons. */
export type Remedy = 'useInt8' | 'selectModel'

/** Where another remedy is offered, such as another precision, its command and its label belong here. */
export const REMEDY_LABELS: Readonly<Record<Remedy, string>> = {
  useInt8: 'Use int8',
  selectModel: 'Switch Model',
}
