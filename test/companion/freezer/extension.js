// Freezes the extension host that it shares with the companion. To the other host this looks like a crash, and VS Code
// does not let an extension end its own host.
const vscode = require('vscode')

exports.activate = ({ subscriptions }) => {
  subscriptions.push(
    vscode.commands.registerCommand('logitscope.test.freezeHost', () => {
      setTimeout(() => {
        for (;;);
      }, 0)
    }),
  )
}
