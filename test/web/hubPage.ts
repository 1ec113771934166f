// Runs in a page of the tested browser: requests to a hub of another origin.

import { HUB_LIMITS } from '../../src/model/hub/hubLimits'
import { fetchFromHub } from '../../src/model/hub/fetchFromHub'

/** The functions that the test calls. */
export interface HubPage {
  /** The text at an address of the hub, requested with a token. */
  textAt(url: string): Promise<string>
}

const hubPage: HubPage = {
  textAt: async (url) => {
    const { signal } = new AbortController()
    const response = await fetchFromHub({
      url: new URL(url),
      token: 'a secret',
      resume: undefined,
      answerMs: HUB_LIMITS.answerMs,
      signal,
    })
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body(HUB_LIMITS, signal))
      text += decoder.decode(chunk, { stream: true })
    return text
  },
}
Object.assign(globalThis, { hubPage })
