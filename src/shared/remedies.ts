/** Actions for a failure besides retrying: commands offered as buttons of a notice or notification. */
export type Remedy = 'useInt8' | 'selectModel'

/** The buttons' labels. */
export const REMEDY_LABELS: Readonly<Record<Remedy, string>> = {
  useInt8: 'Use int8',
  selectModel: 'Select Model',
}
