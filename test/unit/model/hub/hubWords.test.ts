import { describe, expect, it } from 'vitest'
import { fileUrl, parseEndpoint } from '../../../../src/model/hub/endpoint'
import { parseRetryAfter } from '../../../../src/model/hub/transientHubError'
import { TransferRate } from '../../../../src/model/hub/transferRate'
import { PINNED_MODELS } from '../../../../src/model/registry'
import { describeProgress } from '../../../../src/model/store/progressText'
import { elementAt } from '../../../../src/shared/elementAt'
import { InvalidEndpointError } from '../../../../src/shared/errors'

describe('The hub’s address', () => {
  it.each([
    'https://huggingface.co',
    'https://mirror.example/hf/',
    'http://localhost:8080',
    'http://127.0.0.1:9',
    'http://[::1]:9',
  ])('may be %s', (setting) => {
    expect(parseEndpoint(setting)).toBeInstanceOf(URL)
  })

  it.each([
    '',
    'huggingface.co',
    'http://huggingface.co',
    'http://127.0.0.1.example.org',
    'http://localhost.example.org',
    'file:///models',
    'https://user:secret@hub.example',
    'https://:secret@hub.example',
    'https://hub.example/?token=secret',
  ])('may not be “%s”', (setting) => {
    expect(() => parseEndpoint(setting)).toThrow(InvalidEndpointError)
  })

  it('precedes repository, revision and file', () => {
    const endpoint = parseEndpoint('https://mirror.example/hf/')
    expect(fileUrl(endpoint, elementAt(PINNED_MODELS, 0), 'config.json').href).toBe(
      'https://mirror.example/hf/openai-community/gpt2/resolve/607a30d783dfa663caf39e06633721c8d4cfcd7e/config.json',
    )
  })
})

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    [undefined, undefined],
  ])('“%s” at 10 s after the epoch is %s milliseconds', (header, milliseconds) => {
    expect(parseRetryAfter(header, 10_000)).toBe(milliseconds)
  })
})

describe('The transfer rate', () => {
  it('is unknown at first', () => {
    const rate = new TransferRate()
    rate.add(0, 0)
    rate.add(1000, 500)
    expect(rate.bytesPerSecond).toBeUndefined()
  })

  it('is that of the last ten seconds', () => {
    const rate = new TransferRate()
    for (let second = 0; second <= 10; second++) rate.add(second * 1000, second * 1000)
    for (let second = 11; second <= 25; second++) rate.add(10_000 + (second - 10) * 5000, second * 1000)
    expect(rate.bytesPerSecond).toBe(5000)
  })

  it('starts again after a restart', () => {
    const rate = new TransferRate()
    rate.add(1_000_000, 0)
    rate.add(0, 1000)
    rate.add(4000, 3000)
    expect(rate.bytesPerSecond).toBe(2000)
  })
})

describe('The description of progress', () => {
  it.each([
    [{ kind: 'downloading', bytes: 120e6 } as const, undefined, '120 of 548 MB'],
    [{ kind: 'downloading', bytes: 120e6 } as const, 4e6, '120 of 548 MB · 4 MB/s · 2 minutes left'],
    [{ kind: 'downloading', bytes: 547.9e6 } as const, 4e6, '548 of 548 MB · 4 MB/s · 1 second left'],
    [{ kind: 'downloading', bytes: 120e6 } as const, 0, '120 of 548 MB · 0 bytes/s'],
    [
      { kind: 'waiting', bytes: 120e6 } as const,
      undefined,
      'another window is working on it · 120 of 548 MB',
    ],
    [{ kind: 'checking', bytes: 120e6 } as const, undefined, 'checking existing files · 120 of 548 MB'],
    [
      { kind: 'pausing', reason: 'the hub is busy (HTTP 503)', delayMs: 4000 } as const,
      undefined,
      'the hub is busy (HTTP 503) · retrying in 4 seconds',
    ],
  ])('for %j at %s bytes per second is: %s', (progress, bytesPerSecond, text) => {
    expect(describeProgress(progress, 548_105_171, bytesPerSecond)).toBe(text)
  })
})
