import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { manifest, type ContributedKeybinding } from './support/extensionUnderTest'

const DEFAULT_KEYBINDINGS = vscode.Uri.parse('vscode://defaultsettings/keybindings.json')

const THIS_PLATFORM = { darwin: 'mac', win32: 'windows' }[process.platform as string] ?? 'linux'

/** The workbench's platform, which is the browser's; a desktop has only its own. */
const platform = process.env.LOGITSCOPE_BROWSER_PLATFORM ?? THIS_PLATFORM

interface DefaultKeybinding {
  readonly key: string
  readonly command: string
}

describe(`key bindings on ${platform}`, () => {
  it('collide with none of the defaults', async () => {
    const defaults = (await readDefaults()).filter(({ command }) => !command.startsWith('logitscope.'))

    const leads = leadIns(defaults)
    const collisions = manifest.contributes.keybindings
      .filter((ours) => !isOnlyInOurPanel(ours))
      .flatMap((ours) =>
        defaults
          .filter(({ key }) => !leads.has(normalize(key)) && collide(keyOnPlatform(ours), key))
          .map((theirs) => `${keyOnPlatform(ours)}: ${ours.command} and ${theirs.command}`),
      )

    assert.deepEqual(collisions, [])
  })

  it('are compared with a list that has the defaults everybody knows', async () => {
    const keys = new Set((await readDefaults()).map(({ key }) => normalize(key)))

    assert.ok(keys.has(normalize(platform === 'mac' ? 'cmd+s' : 'ctrl+s')))
  })
})

async function readDefaults(): Promise<DefaultKeybinding[]> {
  const document = await vscode.workspace.openTextDocument(DEFAULT_KEYBINDINGS)
  const withoutComments = document.getText().replace(/^\s*\/\/.*$/gm, '')
  return JSON.parse(withoutComments) as DefaultKeybinding[]
}

/**
 * First chords of the defaults, such as Ctrl+K: some have a binding of their own too, in places that VS Code
 * keeps apart from its two-chord bindings.
 */
function leadIns(defaults: readonly DefaultKeybinding[]): Set<string> {
  const twoChords = defaults.map(({ key }) => normalize(key).split(' ')).filter(({ length }) => length > 1)
  return new Set(twoChords.map(([first = '']) => first))
}

/** Where the keyboard is ours, a default for the editor is not in the way. */
function isOnlyInOurPanel({ when = '' }: ContributedKeybinding): boolean {
  return when.includes("activeWebviewPanelId == 'logitscope.panel'")
}

function keyOnPlatform({ key, mac, win, linux }: ContributedKeybinding): string {
  switch (platform) {
    case 'mac':
      return mac ?? key
    case 'windows':
      return win ?? key
    default:
      return linux ?? key
  }
}

/** Of two bindings where one begins with all of the other's chords, only one can ever be reached. */
function collide(one: string, other: string): boolean {
  const [short, long] = [normalize(one), normalize(other)].sort((a, b) => a.length - b.length)
  return `${long} `.startsWith(`${short} `)
}

/** `Alt+Ctrl+L  k` and `ctrl+alt+l k` are the same keys. */
function normalize(key: string): string {
  return key
    .toLowerCase()
    .split(/\s+/)
    .map((chord) => chord.split('+').sort().join('+'))
    .join(' ')
}
