import type { CheckHostMessage } from '../../src/shared/contracts/check/checkProtocol'
import { CheckElement } from './checkPage'
import { connectHost } from './host'

const page = document.querySelector('logitscope-check')
if (!(page instanceof CheckElement)) throw new Error('the document has no <logitscope-check>')

const host = connectHost()
page.connect(host)
// No check of the sender: only VS Code's own frame can post messages to a webview.
addEventListener('message', (event: MessageEvent<CheckHostMessage>) => {
  page.receive(event.data)
})
host.post({ type: 'ready' })
