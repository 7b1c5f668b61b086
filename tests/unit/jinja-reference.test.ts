import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { fromJs, parseTemplate, render } from '../../run/jinja/template.ts'
import corpus from './jinja-corpus.json' with { type: 'json' }

// The expected texts are those of Jinja2 3.1; with a Python that has jinja2, the second test queries it again.
const python = process.env.JINJA2_PYTHON ?? 'python3'
const hasJinja2 = spawnSync(python, ['-c', 'import jinja2']).status === 0
const cases = corpus.cases as [template: string, text: string][]

it.each(cases)('renders %j as Jinja2 does', (template, text) => {
  const scope = new Map(Object.entries(corpus.context).map(([name, value]) => [name, fromJs(value)]))
  expect(render(parseTemplate(template, 'corpus.sql'), scope).text).toBe(text)
})

it.skipIf(!hasJinja2)(`has a corpus that Jinja2 agrees with${hasJinja2 ? '' : ` (no jinja2 in ${python}: set JINJA2_PYTHON)`}`, () => {
  const program = `
import copy, json, sys
from jinja2 import Environment, StrictUndefined
environment = Environment(extensions=['jinja2.ext.do'], undefined=StrictUndefined)
corpus = json.load(sys.stdin)
json.dump([environment.from_string(template).render(copy.deepcopy(corpus['context'])) for template, _ in corpus['cases']], sys.stdout)
`
  const { stdout, stderr } = spawnSync(python, ['-c', program], { input: JSON.stringify(corpus), encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(cases.map(([, text]) => text))
})
