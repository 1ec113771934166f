// Builds an ONNX model node by node. It knows ONNX's operators, and nothing of what is built with them.
// Field numbers: https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto

import { concatBytes } from '../shared/bytes'
import { bytesField, type Fields, floatField, intField, messageField, stringField } from './protobuf'

/** The name of a tensor that flows through the graph. */
export type Value = string & { readonly brand: unique symbol }

/** A fixed length, or the name of one that each run chooses. */
export type Dimension = number | string
export type ElementType = 'bool' | 'float32' | 'float16' | 'bfloat16' | 'uint8' | 'int8' | 'int32' | 'int64'
export type Attribute = number | string | readonly number[] | { readonly float: number } | Branch

interface Branch {
  readonly graph: Fields
  /** Of its outputs. */
  readonly count: number
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
/** The first with Gelu. */
const OPSET_VERSION = 20
/** Operators beyond ONNX's: https://github.com/microsoft/onnxruntime/blob/v1.30.0/docs/ContribOperators.md */
const RUNTIME_DOMAIN = 'com.microsoft'
const RUNTIME_OPSET_VERSION = 1

export class GraphBuilder {
  /** Of the graph, or of the branch that is being built. */
  private nodes: Uint8Array[] = []
  private readonly initializers = new Map<string, Uint8Array>()
  private readonly inputs: Uint8Array[] = []
  private readonly outputs: Uint8Array[] = []
  private valueCount = 0

  /** A tensor that every run must feed. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.inputs.push(messageField(11, valueInfo(name, type, shape)))
    return name as Value
  }

  /** Gives `value` out under `name`. */
  output(name: string, value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.addNode('Identity', [value], [name as Value], {})
    this.outputs.push(messageField(12, valueInfo(name, type, shape)))
  }

  /** A tensor whose bytes are given at session creation: a part of an external data file, by default all of the one called `name`. */
  external(
    name: string,
    type: ElementType,
    shape: readonly number[],
    byteLength: number,
    { location, offset }: { readonly location: string; readonly offset: number } = {
      location: name,
      offset: 0,
    },
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
    return this.ops(type, inputs, 1, attributes)[0]
  }

  /** One node with several outputs. */
  ops(
    type: string,
    inputs: readonly Value[],
    count: number,
    attributes: Record<string, Attribute> = {},
  ): Value[] {
    const outputs = Array.from({ length: count }, () => this.newValue(type))
    this.addNode(type, inputs, outputs, attributes)
    return outputs
  }

  /** One node of an operator that only ONNX Runtime has, with one output. */
  runtimeOp(type: string, inputs: readonly Value[]): Value {
    const output = this.newValue(type)
    this.addNode(type, inputs, [output], {}, RUNTIME_DOMAIN)
    return output
  }

  /** The values of one branch, as many as the other has and of the same types; only that branch is run. */
  either(condition: Value, whereTrue: () => readonly Value[], whereFalse: () => readonly Value[]): Value[] {
    const branches = { then_branch: this.branch(whereTrue), else_branch: this.branch(whereFalse) }
    return this.ops('If', [condition], branches.then_branch.count, branches)
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
  /** Along the last axis, which stays with length 1. */
  reduceSum = (x: Value) => this.op('ReduceSum', [x, this.ints([-1])], { keepdims: 1 })
  /** Along the last axis, which stays with length 1. */
  reduceMax = (x: Value) => this.op('ReduceMax', [x, this.ints([-1])], { keepdims: 1 })

  /** Σ|x| along the last axis, which stays with length 1. */
  reduceL1 = (x: Value) => this.op('ReduceL1', [x, this.ints([-1])], { keepdims: 1 })
  /** Of each row of x [R, N] the elements at `places` [R, K]. */
  gatherElements = (x: Value, places: Value) => this.op('GatherElements', [x, places], { axis: 1 })

  /** Along the last axis, which stays with length 1. */
  reduceMin = (x: Value) => this.op('ReduceMin', [x, this.ints([-1])], { keepdims: 1 })

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

  /** A graph of its own for what `build` makes; weights and constants stay those of the whole graph. */
  private branch(build: () => readonly Value[]): Branch {
    const around = this.nodes
    this.nodes = []
    // Also where a value is one from outside: a branch can only give out what it makes.
    const outputs = build().map((value) => this.op('Identity', [value]))
    const graph = [
      ...this.nodes,
      stringField(2, 'branch'),
      ...outputs.map((name) => messageField(12, [stringField(1, name)])),
    ]
    this.nodes = around
    return { graph, count: outputs.length }
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

  private addNode(
    type: string,
    inputs: readonly Value[],
    outputs: readonly Value[],
    attributes: Record<string, Attribute>,
    domain = '',
  ): void {
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
