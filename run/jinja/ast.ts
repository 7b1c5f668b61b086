import type { Place } from '../base/errors.ts'
import type { Source } from './source.ts'
import type { JinjaFunction, Value } from './values.ts'

/** Offsets of a node in its source. */
export interface Span {
  at: number
  end: number
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export type Expression = Span &
  (
    | { type: 'literal'; value: Value }
    | { type: 'name'; name: string }
    | { type: 'list' | 'tuple' | 'concat'; items: Expression[] }
    | { type: 'dict'; entries: { key: Expression; value: Expression }[] }
    | { type: 'attribute'; object: Expression; name: string }
    | { type: 'subscript'; object: Expression; index: Expression }
    | { type: 'slice'; object: Expression; start?: Expression; stop?: Expression; step?: Expression }
    | { type: 'call'; callee: Expression; arguments: Arguments }
    | { type: 'filter'; input: Expression; name: string; run: JinjaFunction; arguments: Arguments }
    | { type: 'test'; input: Expression; name: string; run: JinjaFunction; arguments: Arguments }
    | { type: 'not' | 'negative' | 'positive'; operand: Expression }
    | { type: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
    | { type: 'and' | 'or'; left: Expression; right: Expression }
    | { type: 'compare'; first: Expression; rest: { operator: Comparison; operand: Expression }[] }
    | { type: 'conditional'; condition: Expression; value: Expression; otherwise?: Expression }
  )

/** The members of a union of nodes whose `type` can be this one. */
export type NodeOf<Node, Type> = Node extends { type: infer Own } ? (Type extends Own ? Node : never) : never

/** The arguments of a call; most calls have no `named` and `starred` ones. */
export interface Arguments {
  positional: Expression[]
  named: { name: string; value: Expression }[]
  /** `*list` and `**dict`. */
  list?: Expression
  dict?: Expression
}

/** The target of a `for`, a `set` or a parameter: a name, an attribute of a namespace, or several of them. */
export type Target = Span &
  ({ type: 'name'; name: string } | { type: 'member'; object: string; name: string } | { type: 'tuple'; items: Target[] })

export type Statement = Span &
  (
    | { type: 'data'; text: string }
    | { type: 'output'; expression: Expression }
    | { type: 'if'; branches: { condition: Expression; body: Statement[] }[]; otherwise: Statement[] }
    | { type: 'for'; target: Target; items: Expression; condition?: Expression; body: Statement[]; otherwise: Statement[] }
    | { type: 'set'; target: Target; value: Expression }
    | { type: 'setBlock'; target: Target; filters?: Expression; body: Statement[] }
    | { type: 'with'; bindings: { target: Target; value: Expression }[]; body: Statement[] }
    | { type: 'do'; expression: Expression }
    | { type: 'break' | 'continue' }
    | { type: 'filterBlock'; filters: Expression; body: Statement[] }
    | { type: 'callBlock'; caller: Definition; call: Expression }
    | { type: 'definition'; definition: Definition }
  )

export interface Parameter {
  name: string
  default?: Expression
  place: Place
}

/** A macro, test, materialization, snapshot or docs block: its name, parameters, text and parsed body. */
export interface Definition extends Span {
  kind: 'macro' | 'test' | 'materialization' | 'snapshot' | 'docs'
  name: string
  parameters: Parameter[]
  /** For a materialization: `default`, or the name of its adapter. */
  adapter?: string
  place: Place
  source: Source
  body: Statement[]
  /** Offsets of the text between the opening and the closing tag. */
  bodyAt: number
  bodyEnd: number
  /** The `set`s at the top of the file, visible in the body; all definitions of a file share this list. */
  module: Statement[]
  /** The body of a call block: `return()` in it returns from the macro that called it. */
  isCaller: boolean
  /** Which of the special names the body reads: the macro accepts such arguments only then. */
  uses: { caller: boolean; varargs: boolean; kwargs: boolean }
}
