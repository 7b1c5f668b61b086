import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes a dbt project with this number of models: layers of fifty that read one to three of the layer below, each with a macro, a loop, a
 * description and two tests.
 */
export function writeProject(folder: string, models: number): { tests: number } {
  for (const name of ['models', 'macros']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'dbt_project.yml'), 'name: many\nprofile: many\nmodels:\n  many:\n    +materialized: view\n')
  writeFileSync(
    join(folder, 'macros/cents.sql'),
    '{% macro cents(column, digits=2) %}round({{ column }} / 100.0, {{ digits }}){% endmacro %}\n',
  )
  for (let from = 0; from < models; from += LAYER) {
    const layer = from / LAYER
    const numbers = Array.from({ length: Math.min(LAYER, models - from) }, (_, at) => from + at)
    const place = join(folder, 'models', `layer_${layer}`)
    mkdirSync(place)
    for (const n of numbers) writeFileSync(join(place, `${nameOf(n)}.sql`), modelText(n, parentsOf(n)))
    writeFileSync(join(place, `_layer_${layer}.yml`), `models:\n${numbers.map(propertiesText).join('')}`)
  }
  return { tests: 2 * models }
}

const LAYER = 50
const nameOf = (n: number) => `model_${String(n).padStart(4, '0')}`

function parentsOf(n: number): number[] {
  const below = Math.floor(n / LAYER) * LAYER - LAYER
  return below < 0 ? [] : [...new Set([0, 7, 31].slice(0, 1 + (n % 3)).map(step => below + ((n + step) % LAYER)))]
}

function modelText(n: number, parents: number[]): string {
  const columns = ['first', 'second', 'third', 'fourth']
  const sources =
    parents.length > 0
      ? parents.map(parent => `    select id, amount, ${columns.join(', ')} from {{ ref('${nameOf(parent)}') }}`)
      : [`    select ${n} as id, 100 as amount, ${columns.map((column, at) => `${at} as ${column}`).join(', ')}`]
  return `{#- One row per thing of kind ${n}. -#}
{{ config(materialized='${n % 5 === 0 ? 'table' : 'view'}', tags=['kind_${n % 7}']) }}

{% set columns = ['${columns.join("', '")}'] %}

with things as (
${sources.join('\n    union all\n')}
),

summed as (
    select
        id,
        {% for column in columns -%}
        max({{ column }}) as {{ column }},
        {% endfor -%}
        sum(amount) as amount,
        sum({{ cents('amount') }}) as amount_in_units
    from things
    {% if var('only_large', false) %}where amount > 1000{% endif %}
    group by id
)

select * from summed
`
}

const propertiesText = (n: number) => `  - name: ${nameOf(n)}
    description: Things of kind ${n}, summed over what the layer below says of them.
    columns:
      - name: id
        description: The thing.
        data_tests: [unique, not_null]
      - name: amount
        description: In cents.
`
