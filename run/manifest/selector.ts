import type { Place } from '../base/errors.ts'

/** A selection as selectors.yml says it: a criterion, or criteria put together; `exclude` is taken away last. */
export type Definition =
  | { kind: 'term'; term: string; indirectSelection?: IndirectSelection; exclude: Definition[] }
  | { kind: 'union' | 'intersection'; parts: Definition[]; exclude: Definition[] }
  | { kind: 'selector'; name: string; exclude: Definition[] }

/** A named selection of selectors.yml. */
export interface Selector {
  name: string
  description: string
  isDefault: boolean
  definition: Definition
  /** As it was written, for manifest.json. */
  written: unknown
  place: Place
}

/** Which tests follow the nodes that were picked. */
export type IndirectSelection = 'eager' | 'cautious' | 'buildable' | 'empty'
