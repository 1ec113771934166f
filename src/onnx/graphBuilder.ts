// Builds an ONNX model node by node. Supports ONNX's operators and is independent of any particular model.
// Field numbers: https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto

import { concatBytes } from '../shared/bytes'
import { bytesField, type Fields, floatField, intField, messageField, stringField } from './protobuf'

/** Name of a tensor in the graph. */
export type Value = string & { readonly brand: unique symbol }

/** A fixed length, or the name of a length that may differ from run to run. */
export type Dimension = number | string
export type ElementType = 'bool' | 'float32' | 'float16' | 'bfloat16' | 'uint8' | 'int8' | 'int32' | 'int64'
export type Attribute = number | string | readonly number[] | { readonly float: number } | Branch

/** Where the bytes of a tensor begin: in a file, relative to the folder that the session is created with. */
export interface ExternalPlace {
  readonly location: string
  readonly offset: number
}

interface Branch {
  readonly graph: Fields
}

interface Node {
  readonly type: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** Empty for ONNX's own operators. */
  readonly domain?: string
}

/** ONNX TensorProto.DataType */
const DATA_TYPE: Record<ElementType, number> = {
  bool: 9,
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  bfloat16: 16,
}
const IR_VERSION = 9
/** The first version with Gelu. */
const OPSET_VERSION = 20
/** Operators that only ONNX Runtime has: https://github.com/microsoft/onnxruntime/blob/v1.30.0/docs/ContribOperators.md */
const RUNTIME_DOMAIN = 'com.microsoft'
const RUNTIME_OPSET_VERSION = 1

export class GraphBuilder {
  /** Nodes of the graph, or of the branch that is being built. */
  private nodes: Uint8Array[] = []
  private readonly initializers = new Map<string, Uint8Array>()
  private readonly inputs: Uint8Array[] = []
  private readonly outputs: Uint8Array[] = []
  private valueCount = 0

  /** Declares a tensor that every run must feed. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.inputs.push(messageField(11, valueInfo(name, type, shape)))
    return name as Value
  }

  /** Declares `value` as an output called `name`. */
  output(name: string, value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.addNode({ type: 'Identity', inputs: [value], outputs: [name as Value], attributes: {} })
    this.outputs.push(messageField(12, valueInfo(name, type, shape)))
  }

  /**
   * A tensor whose bytes are in an external data file, by default in the one called `name` from its start. The file is a
   * real one, or bytes that are passed when the session is created.
   */
  external(
    name: string,
    type: ElementType,
    shape: readonly number[],
    byteLength: number,
    { location, offset }: ExternalPlace = { location: name, offset: 0 },
  ): Value {
    const entry = (key: string, value: string) =>
      messageField(13, [stringField(1, key), stringField(2, value)])
    return this.initializer(name, type, shape, [
      entry('location', location),
      entry('offset', String(offset)),
      entry('length', String(byteLength)),
      intField(14, 1), // data_location = EXTERNAL
    ])
  }

  /** A float32 scalar. */
  float(value: number): Value {
    const name = `float(${value})`
    return this.initializer(name, 'float32', [], [bytesField(9, bytesOf(new Float32Array([value])))])
  }

  /** A float32 vector. */
  floats(values: readonly number[]): Value {
    const name = `floats(${values.join()})`
    return this.initializer(
      name,
      'float32',
      [values.length],
      [bytesField(9, bytesOf(Float32Array.from(values)))],
    )
  }

  /** A uint8 scalar. */
  uint8(value: number): Value {
    const name = `uint8(${value})`
    return this.initializer(name, 'uint8', [], [bytesField(9, Uint8Array.of(value))])
  }

  /** An int64 vector. */
  ints(values: readonly number[]): Value {
    const name = `ints(${values.join()})`
    const bytes = bytesOf(BigInt64Array.from(values, BigInt))
    return this.initializer(name, 'int64', [values.length], [bytesField(9, bytes)])
  }

  /** An int32 vector. */
  int32s(values: readonly number[]): Value {
    const name = `int32s(${values.join()})`
    const bytes = bytesOf(Int32Array.from(values))
    return this.initializer(name, 'int32', [values.length], [bytesField(9, bytes)])
  }

  /** One node with one output. */
  op(type: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    const output = this.newValue(type)
    this.addNode({ type, inputs, outputs: [output], attributes })
    return output
  }

  /** One node with several outputs, which are returned under the given names in the operator's order. */
  ops<Name extends string>(
    { type, inputs, attributes = {} }: Pick<Node, 'type' | 'inputs'> & Partial<Pick<Node, 'attributes'>>,
    ...names: readonly Name[]
  ): Record<Name, Value> {
    const named = names.map((name) => [name, this.newValue(type)] as const)
    this.addNode({ type, inputs, outputs: named.map(([, output]) => output), attributes })
    return Object.fromEntries(named) as Record<Name, Value>
  }

  /** One node of an operator that only ONNX Runtime has, with one output. */
  runtimeOp(type: string, inputs: readonly Value[]): Value {
    const output = this.newValue(type)
    this.addNode({ type, inputs, outputs: [output], attributes: {}, domain: RUNTIME_DOMAIN })
    return output
  }

  /** The values of one of two branches, which have the same names and types; only that branch is run. */
  either<Name extends string>(
    condition: Value,
    whereTrue: () => Record<Name, Value>,
    whereFalse: () => Record<Name, Value>,
  ): Record<Name, Value> {
    const [thenNames, then_branch] = this.branch(whereTrue)
    const [, else_branch] = this.branch(whereFalse)
    return this.ops(
      { type: 'If', inputs: [condition], attributes: { then_branch, else_branch } },
      ...thenNames,
    )
  }

  /** The k [1] largest values along the last axis, or the smallest, in order, and their indices. */
  topK(x: Value, k: Value, { largest = true }: { readonly largest?: boolean } = {}) {
    const attributes = { axis: -1, largest: largest ? 1 : 0 }
    return this.ops({ type: 'TopK', inputs: [x, k], attributes }, 'values', 'indices')
  }

  add = (a: Value, b: Value) => this.op('Add', [a, b])
  sub = (a: Value, b: Value) => this.op('Sub', [a, b])
  mul = (a: Value, b: Value) => this.op('Mul', [a, b])
  div = (a: Value, b: Value) => this.op('Div', [a, b])
  matMul = (a: Value, b: Value) => this.op('MatMul', [a, b])
  concat = (axis: number, ...values: Value[]) => this.op('Concat', values, { axis })
  reshape = (x: Value, shape: readonly number[]) => this.op('Reshape', [x, this.ints(shape)])
  transpose = (x: Value, perm: readonly number[]) => this.op('Transpose', [x], { perm })
  softmax = (x: Value) => this.op('Softmax', [x], { axis: -1 })
  cast = (x: Value, to: ElementType) => this.op('Cast', [x], { to: DATA_TYPE[to] })
  /** The elements at `places` [R, K] of each row of x [R, N]. */
  gatherElements = (x: Value, places: Value) => this.op('GatherElements', [x, places], { axis: 1 })

  // Reductions along the last axis, which stays with length 1.
  reduceSum = (x: Value) => this.op('ReduceSum', [x, this.ints([-1])], { keepdims: 1 })
  reduceMax = (x: Value) => this.op('ReduceMax', [x, this.ints([-1])], { keepdims: 1 })
  reduceMin = (x: Value) => this.op('ReduceMin', [x, this.ints([-1])], { keepdims: 1 })
  /** Σ|x| */
  reduceL1 = (x: Value) => this.op('ReduceL1', [x, this.ints([-1])], { keepdims: 1 })

  /** The model as a protocol buffer, without the external data. */
  build(): Uint8Array {
    const graph = [
      ...this.nodes,
      stringField(2, 'logitscope'),
      ...this.initializers.values(),
      ...this.inputs,
      ...this.outputs,
    ]
    return concatBytes([
      intField(1, IR_VERSION),
      stringField(2, 'logitscope'),
      messageField(7, graph),
      messageField(8, [stringField(1, ''), intField(2, OPSET_VERSION)]),
      messageField(8, [stringField(1, RUNTIME_DOMAIN), intField(2, RUNTIME_OPSET_VERSION)]),
    ])
  }

  /** Builds a branch as a graph of its own, and lists its outputs' names. Weights and constants stay in the whole graph. */
  private branch<Name extends string>(
    build: () => Record<Name, Value>,
  ): readonly [names: Name[], branch: Branch] {
    const outerNodes = this.nodes
    this.nodes = []
    const named = build()
    const names = (Object.keys(named) as Name[]).sort()
    // A branch can only output values that it computes, so values from outside need an Identity.
    const outputs = names.map((name) => this.op('Identity', [named[name]]))
    const graph = [
      ...this.nodes,
      stringField(2, 'branch'),
      ...outputs.map((name) => messageField(12, [stringField(1, name)])),
    ]
    this.nodes = outerNodes
    return [names, { graph }]
  }

  private initializer(name: string, type: ElementType, shape: readonly number[], data: Fields): Value {
    const tensor = [
      ...shape.map((length) => intField(1, length)),
      intField(2, DATA_TYPE[type]),
      stringField(8, name),
    ]
    this.initializers.set(name, messageField(5, [...tensor, ...data]))
    return name as Value
  }

  private newValue(type: string): Value {
    return `${type}_${this.valueCount++}` as Value
  }

  private addNode({ type, inputs, outputs, attributes, domain = '' }: Node): void {
    this.nodes.push(
      messageField(1, [
        ...inputs.map((name) => stringField(1, name)),
        ...outputs.map((name) => stringField(2, name)),
        stringField(4, type),
        ...Object.entries(attributes).map(([name, value]) => messageField(5, attributeFields(name, value))),
        stringField(7, domain),
      ]),
    )
  }
}

function attributeFields(name: string, value: Attribute): Fields {
  const named = stringField(1, name)
  if (typeof value === 'number') return [named, intField(3, value), intField(20, 2)]
  if (typeof value === 'string') return [named, stringField(4, value), intField(20, 3)]
  if ('float' in value) return [named, floatField(2, value.float), intField(20, 1)]
  if ('graph' in value) return [named, messageField(6, value.graph), intField(20, 5)]
  return [named, ...value.map((item) => intField(8, item)), intField(20, 7)]
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): Fields {
  const dimensions = shape.map((length) =>
    messageField(1, [typeof length === 'number' ? intField(1, length) : stringField(2, length)]),
  )
  const tensorType = [intField(1, DATA_TYPE[type]), messageField(2, dimensions)]
  return [stringField(1, name), messageField(2, [messageField(1, tensorType)])]
}

function bytesOf(array: Float32Array | Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
