import * as vscode from 'vscode'
import type { Commands } from './commandLink'

/** The commands of the window, including those of its other extension hosts. */
export const VSCODE_COMMANDS: Commands = {
  register: (command, run) => vscode.commands.registerCommand(command, run),
  execute: async (command, ...args) => vscode.commands.executeCommand(command, ...args),
}
