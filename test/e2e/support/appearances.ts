import type { Theme } from './workbench'

export const WINDOW = { width: 1440, height: 900 }
export const LAPTOP = { width: 1024, height: 700 }
/** The panel alone has room for both places of the work area. */
export const WIDE = { width: 2400, height: 900 }

/** The themes and places in which a tab of the panel is checked. */
export const APPEARANCES: readonly { theme: Theme; layout: string; viewport: typeof WINDOW }[] = [
  { theme: 'dark', layout: 'wide', viewport: WIDE },
  { theme: 'dark', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'light', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'highContrast', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'highContrastLight', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'light', layout: 'on a laptop', viewport: LAPTOP },
]
