import { afterAll, expect, it } from 'vitest'
import { seriousViolations } from './seriousViolations'
import type { Theme, Workbench } from './workbench'

const WINDOW = { width: 1440, height: 900 }
const LAPTOP = { width: 1024, height: 700 }
/** The panel alone has room for both places of the work area. */
const WIDE = { width: 2400, height: 900 }

/** The themes and places in which a tab of the panel is checked. */
const APPEARANCES: readonly { theme: Theme; layout: string; viewport: typeof WINDOW }[] = [
  { theme: 'dark', layout: 'wide', viewport: WIDE },
  { theme: 'dark', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'light', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'highContrast', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'highContrastLight', layout: 'next to the editor', viewport: WINDOW },
  { theme: 'light', layout: 'on a laptop', viewport: LAPTOP },
]

export interface CheckedView {
  /** Begins the names of the screenshots. */
  readonly name: string
  /** Resolves when the view is on the screen. */
  readonly shown: () => Promise<void>
}

/** Tests of the surrounding `describe`: the view that is open has no serious violation in any appearance. */
export function testAppearances(workbench: () => Workbench, { name, shown }: CheckedView): void {
  afterAll(async () => {
    await workbench().setViewport(WINDOW)
  })

  it.each(APPEARANCES)(
    'has no serious accessibility violation in the theme $theme, $layout',
    async ({ theme, layout, viewport }) => {
      await workbench().setViewport(viewport)
      await workbench().setTheme(theme)
      await shown()
      await workbench().screenshot(`${name}-${theme}-${layout.replaceAll(' ', '-')}`)

      await expect(seriousViolations(workbench())).resolves.toEqual([])
    },
  )
}
