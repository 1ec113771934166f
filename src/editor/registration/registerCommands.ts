import * as vscode from 'vscode'

/** Registers each function as the command `logitscope.<its key>`. */
export function registerCommands(commands: Record<string, (...args: never[]) => unknown>): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`logitscope.${name}`, run),
    ),
  )
}
