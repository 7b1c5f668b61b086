import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { fromJs, parseTemplate, render, type Value } from '../../run/jinja/template.ts'
import corpus from './jinja-undefined.json' with { type: 'json' }

// Each template with its text under Jinja2's Undefined, as dbt runs it, and under dbt's own, which dbt uses for parsing; null for an error.
const cases = corpus.cases as [template: string, running: string | null, parsing: string | null][]
const python = process.env.DBT_PYTHON ?? 'python3'
const hasDbt = spawnSync(python, ['-c', 'import dbt_common.clients.jinja']).status === 0

function rendered(template: string, isParsing: boolean): string | null {
  const names = new Map<string, Value>(Object.entries(corpus.context).map(([name, value]) => [name, fromJs(value)]))
  try {
    return render(parseTemplate(template, 'corpus.sql'), { get: name => names.get(name), isParsing }).text
  } catch (error) {
    if (error instanceof ProjectError) return null
    throw error
  }
}

it.each(cases)('%j as dbt runs it', (template, running) => expect(rendered(template, false)).toBe(running))

// A name that no `set` assigns stays undefined: what would fail in the run already fails here, with its place.
it.each(cases)('%j as dbt parses it', (template, running, parsing) => {
  const isCertain = running === null && parsing !== null && /\bzzz\b(?!\W*\|)|^\{\{ loop/.test(template)
  expect(rendered(template, true)).toBe(isCertain ? null : parsing)
})

it('a name that a query may define later is open while parsing', () => {
  const idiom = '{% if false %}{% set rows = 1 %}{% endif %}{% for row in rows.columns[0].values() %}{{ row }}{% endfor %}[{{ rows.x() }}]'
  expect(rendered(idiom, true)).toBe('[]')
  expect(rendered(idiom, false)).toBe(null)
})

it.skipIf(!hasDbt)(`has a corpus that dbt agrees with${hasDbt ? '' : ` (no dbt in ${python}: set DBT_PYTHON)`}`, () => {
  const program = `
import copy, json, sys
from jinja2 import Undefined
from jinja2.sandbox import SandboxedEnvironment
from dbt_common.clients.jinja import create_undefined
corpus = json.load(sys.stdin)
def text(template, undefined):
    environment = SandboxedEnvironment(extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'], undefined=undefined)
    try:
        return environment.from_string(template).render(copy.deepcopy(corpus['context']))
    except Exception:
        return None
json.dump([[case[0], text(case[0], Undefined), text(case[0], create_undefined())] for case in corpus['cases']], sys.stdout)
`
  const { stdout, stderr } = spawnSync(python, ['-c', program], { input: JSON.stringify(corpus), encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(cases)
})
