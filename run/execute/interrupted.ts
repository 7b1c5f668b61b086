import type { NodeResult } from '../manifest/result.ts'

/** Ctrl-C: everything was left as it was. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** What had been done until then, and is undone. */
  readonly results: NodeResult[]

  constructor(results: NodeResult[] = []) {
    super('Interrupted')
    this.results = results
  }
}
