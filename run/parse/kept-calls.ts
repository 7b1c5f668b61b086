import { deserialize, serialize } from 'node:v8'
import { cache, cached, program, sweep } from '../base/cache.ts'
import type { Place } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Config, Node } from '../manifest/node.ts'
import type { World } from '../template/rendering.ts'
import type { Draft } from './drafts.ts'

/** What rendering a template found: its calls of ref(), source() and config(), and the macros that it used. */
export interface Calls extends Pick<Draft, 'refs' | 'sources'> {
  configs: { values: Config; site: Place }[]
  used: string[]
}

/** A cache of the calls of templates, kept between commands. */
export interface KeptCalls {
  /** Identifies a node's state before its template is rendered. */
  keyOf(node: Node): string
  /** The calls of the node with this key, in an unchanged world; undefined when unknown. */
  of(key: string): Calls | undefined
  /** Stores the calls of a node under its key from before rendering. */
  keep(key: string, node: Node, calls: Calls): void
  /** Writes new entries. */
  save(): void
}

/**
 * One cache file per world: the program, all macros, variables, the target, and the environment variables that they name. The key of a node
 * contains everything known before its template is rendered, including the template. Templates that depend on more (the time, flags, an
 * environment variable with a computed name) are rendered each time.
 */
export function keptCalls(world: World): KeptCalls {
  const macros = [...world.macros.values()].map(({ uniqueId, text }) => [uniqueId, text] as const)
  const { target, name, vars, packageVars, dispatch } = world
  const values = JSON.stringify([vars, [...packageVars]])
  const file = `calls/${sha256(
    JSON.stringify([
      program(),
      name,
      target,
      values,
      [...dispatch],
      macros,
      // A variable may be a template, too.
      environment([...macros.map(([, text]) => text), values].join('\n')),
    ]),
  )}.v8`
  const known = read(file)
  const calls = new Map<string, Calls>()
  let isNew = false
  return {
    keyOf,
    of(key) {
      const found = known.get(key)
      if (found) calls.set(key, found)
      return found
    },
    keep(key, node, made) {
      const texts = [textOf(node), values, ...made.used.map(id => world.macros.get(id)?.text ?? '')]
      if (texts.some(text => OPEN.test(text))) return
      calls.set(key, made)
      isNew = true
    },
    save() {
      if (!isNew) return
      cache(file, serialize(calls))
      sweep('calls', MANY)
    },
  }

  function keyOf(node: Node): string {
    const text = textOf(node)
    return sha256(JSON.stringify([text, environment(text)]))
  }

  function environment(text: string): (string | null)[][] {
    const names = [...text.matchAll(/\benv_var\W+(\w+)/g)].map(([, name = '']) => name)
    return [...new Set(names)].sort().map(name => [name, world.env[name] ?? null])
  }
}

function textOf(node: Node): string {
  return JSON.stringify(node, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

function read(file: string): Map<string, Calls> {
  const bytes = cached(file)
  try {
    return bytes ? (deserialize(bytes) as Map<string, Calls>) : new Map()
  } catch {
    return new Map()
  }
}

const OPEN =
  /\b(?:modules|flags|graph|context|selected_resources|run_started_at|invocation_id|random|py_current_timestring)\b|\benv_var\b(?!\s*\(\s*(?:\\?"\w+\\?"|'\w+')\s*[,)])/
const MANY = 64
