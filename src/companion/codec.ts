// Encodes a message as one ArrayBuffer. VS Code transfers values between two extension hosts as JSON, which turns typed
// arrays into objects with a key for each element and NaN into null. Only an argument that is an ArrayBuffer itself is
// transferred unchanged.
//
//   u32 length of the head · head, JSON in UTF-8 · padding to 8 · the arrays, each padded to 8
//
// In the head an array is { "$array": [type, byte offset after the padded head, elements] }.

const ARRAY_TYPES = { Uint8Array, Int32Array, Uint32Array, Float32Array, Float64Array }
type TypeName = keyof typeof ARRAY_TYPES

const ARRAY_KEY = '$array'
const LENGTH_BYTES = Uint32Array.BYTES_PER_ELEMENT
/** Bytes of the largest element, so every array can be read in place. */
const ALIGNMENT = 8

/**
 * Encodes plain data that may contain typed arrays.
 * @throws Error if a value cannot be transferred unchanged: NaN, infinity, or an unknown type of array
 */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: { readonly bytes: Uint8Array; readonly offset: number }[] = []
  let end = 0
  const json = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part)) throw new Error(`JSON cannot represent ${part}`)
    if (typeof part === 'object' && part !== null && ARRAY_KEY in part)
      throw new Error(`${ARRAY_KEY} is a reserved key`)
    if (!ArrayBuffer.isView(part)) return part
    const offset = end
    const { type, length } = describeArray(part)
    arrays.push({ bytes: new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset })
    end = align(end + part.byteLength)
    return { [ARRAY_KEY]: [type, offset, length] }
  })
  const head = new TextEncoder().encode(json)
  const arraysStart = align(LENGTH_BYTES + head.length)
  const message = new Uint8Array(arraysStart + end)
  new DataView(message.buffer).setUint32(0, head.length, true)
  message.set(head, LENGTH_BYTES)
  for (const { bytes, offset } of arrays) message.set(bytes, arraysStart + offset)
  return message
}

/**
 * Decodes a message. The arrays are views of `message`.
 * @throws Error if it is not well-formed
 */
export function decodeMessage(message: ArrayBuffer): unknown {
  const headLength = new DataView(message).getUint32(0, true)
  const head = new Uint8Array(message, LENGTH_BYTES, headLength)
  const arraysStart = align(LENGTH_BYTES + headLength)
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(head), (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !(ARRAY_KEY in part)) return part
    const { type, offset, length } = readPlace(part[ARRAY_KEY])
    return new ARRAY_TYPES[type](message, arraysStart + offset, length)
  }) as unknown
}

function describeArray(view: ArrayBufferView): { readonly type: TypeName; readonly length: number } {
  for (const type of Object.keys(ARRAY_TYPES) as TypeName[]) {
    if (view instanceof ARRAY_TYPES[type]) return { type, length: view.length }
  }
  throw new Error(`${view.constructor.name} cannot be encoded`)
}

/** Only checks the types: the arrays' constructors reject a place outside of the message. */
function readPlace(place: unknown): {
  readonly type: TypeName
  readonly offset: number
  readonly length: number
} {
  if (Array.isArray(place) && place.length === 3) {
    const [type, offset, length] = place as readonly unknown[]
    if (typeof type === 'string' && Object.hasOwn(ARRAY_TYPES, type) && isCount(offset) && isCount(length))
      return { type: type as TypeName, offset, length }
  }
  throw new Error('the place of an array is not well-formed')
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT
}
