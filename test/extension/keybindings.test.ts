import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { Platform } from '../hosts/servedExtensionTests.mjs'
import { assertNever } from '../../src/shared/assertNever'
import { manifest, type ContributedKeybinding } from './support/extensionUnderTest'

const DEFAULT_KEYBINDINGS = vscode.Uri.parse('vscode://defaultsettings/keybindings.json')

/** The platform that the workbench takes its key bindings from; set when the tests are bundled. */
declare const WORKBENCH_PLATFORM: Platform

interface DefaultKeybinding {
  readonly key: string
  readonly command: string
}

describe(`key bindings on ${WORKBENCH_PLATFORM}`, () => {
  it('do not collide with a default', async () => {
    const defaults = (await readDefaults()).filter(({ command }) => !command.startsWith('logitscope.'))

    const prefixes = firstChords(defaults)
    const collisions = manifest.contributes.keybindings
      .filter((ours) => !isOnlyInOurPanel(ours))
      .flatMap((ours) =>
        defaults
          .filter(({ key }) => !prefixes.has(normalize(key)) && collide(keyOnPlatform(ours), key))
          .map((theirs) => `${keyOnPlatform(ours)}: ${ours.command} and ${theirs.command}`),
      )

    assert.deepEqual(collisions, [])
  })

  it('are compared with a list that contains the well-known defaults', async () => {
    const keys = new Set((await readDefaults()).map(({ key }) => normalize(key)))

    assert.ok(keys.has(normalize(WORKBENCH_PLATFORM === 'mac' ? 'cmd+s' : 'ctrl+s')))
  })
})

async function readDefaults(): Promise<DefaultKeybinding[]> {
  const document = await vscode.workspace.openTextDocument(DEFAULT_KEYBINDINGS)
  const withoutComments = document.getText().replace(/^\s*\/\/.*$/gm, '')
  return JSON.parse(withoutComments) as DefaultKeybinding[]
}

/**
 * First chords of the default two-chord bindings, such as Ctrl+K. Some also have their own binding, in contexts that
 * VS Code keeps apart from the two-chord bindings.
 */
function firstChords(defaults: readonly DefaultKeybinding[]): Set<string> {
  const twoChords = defaults.map(({ key }) => normalize(key).split(' ')).filter(({ length }) => length > 1)
  return new Set(twoChords.map(([first = '']) => first))
}

/** A binding that works only while the panel has the focus cannot collide with a default of the editor. */
function isOnlyInOurPanel({ when = '' }: ContributedKeybinding): boolean {
  return when.includes("activeWebviewPanelId == 'logitscope.panel'")
}

function keyOnPlatform({ key, mac, win, linux }: ContributedKeybinding): string {
  switch (WORKBENCH_PLATFORM) {
    case 'mac':
      return mac ?? key
    case 'windows':
      return win ?? key
    case 'linux':
      return linux ?? key
    default:
      return assertNever(WORKBENCH_PLATFORM)
  }
}

/** Two bindings collide if one begins with all chords of the other: only one of them can be reached. */
function collide(one: string, other: string): boolean {
  const keys = [normalize(one), normalize(other)]
  return keys.some((long) => keys.every((short) => `${long} `.startsWith(`${short} `)))
}

/** `Alt+Ctrl+L  k` and `ctrl+alt+l k` are the same keys. */
function normalize(key: string): string {
  return key
    .toLowerCase()
    .split(/\s+/)
    .map((chord) => chord.split('+').sort().join('+'))
    .join(' ')
}
