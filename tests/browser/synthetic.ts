import type { DocsBatch } from '../../run/docs/quality-shape.ts'
import type { DocsRun } from '../../run/docs/runs-shape.ts'
import type { DocsData, DocsEdge, DocsField, DocsNode, DocsTest } from '../../run/docs/shape.ts'
import { HOSTILE } from './hostile.ts'
import { hostileReport } from './synthetic-report.ts'

/** Data of a project with this many nodes in layers, with all parts of the page; deterministic. */
export function syntheticData(size: number, columns = 8): DocsData {
  const random = randomOf(size)
  const layers = ['raw', 'staging', 'errors', 'core', 'marts']
  const perLayer = Math.ceil(size / layers.length)
  const all = Array.from({ length: size }, (_, at) => nodeAt(at, Math.floor(at / perLayer), layers, columns))
  for (const [at, node] of all.entries()) {
    const layer = Math.floor(at / perLayer)
    if (layer === 0) continue
    for (let count = 1 + Math.floor(random() * 2.2); count > 0; count--) {
      const parent = all[(layer - 1) * perLayer + Math.floor((at + random() * 12) % perLayer)]!
      if (node.dependsOn.includes(parent.uniqueId)) continue
      node.dependsOn.push(parent.uniqueId)
      parent.usedBy.push(node.uniqueId)
    }
  }
  const tests = all
    .filter(node => node.resourceType === 'model')
    .flatMap((node, at) => [testOf(node, 'not_null', at), testOf(node, 'unique', at)])
  return {
    project: { name: 'synthetic', version: '1', database: 'warehouse', server: 'PostgreSQL 18.4' },
    generatedAt: '2026-03-01T10:00:00.000Z',
    invocation: { id: 'x', command: 'docs generate' },
    errors: [
      {
        message: `Mistake ${HOSTILE}`,
        file: 'models/a.sql',
        line: 3,
        column: 7,
        frame: `  3 | select ${HOSTILE}\n    |        ^`,
        hint: HOSTILE,
        node: null,
      },
    ],
    warnings: [],
    nodes: all.filter(node => node.resourceType !== 'source'),
    sources: all.filter(node => node.resourceType === 'source'),
    tests,
    unitTests: [],
    macros: [
      {
        uniqueId: 'macro.synthetic.cents',
        name: 'cents',
        packageName: 'synthetic',
        file: 'macros/cents.sql',
        line: 1,
        description: HOSTILE,
        arguments: [{ name: 'amount', type: 'text', description: HOSTILE }],
        text: `{% macro cents(amount) %}round({{ amount }} * 100){% endmacro %} -- ${HOSTILE}`,
        macros: [],
        usedBy: [all.at(-1)!.uniqueId],
        isOwn: false,
      },
    ],
    lineage: lineageOf(all),
    entities: {
      tables: [
        {
          id: 'core.people',
          schema: 'core',
          name: 'people',
          node: null,
          columns: [{ name: 'id', type: 'bigint', isKey: true, isForeignKey: false, isNullable: false }],
        },
        {
          id: 'core.pets',
          schema: 'core',
          name: 'pets',
          node: null,
          columns: [
            { name: 'id', type: 'bigint', isKey: true, isForeignKey: false, isNullable: false },
            { name: 'owner_id', type: 'bigint', isKey: false, isForeignKey: true, isNullable: true },
          ],
        },
      ],
      links: [
        {
          name: 'owner',
          from: 'core.pets',
          columns: ['owner_id'],
          to: 'core.people',
          toColumns: ['id'],
          isOptional: true,
          isOneToOne: false,
          isTested: false,
        },
      ],
    },
    quality: {
      batches: batchesOf(random),
      refusedFiles: [{ path: `data/${HOSTILE}/a.json`, batch: 'sync-day1', entity: 'agents', reason: HOSTILE, at: '2026-03-01T10:00:00Z' }],
      refusedFileCount: 1,
      errorTypes: [
        {
          table: 'errors.agent_pipeline_errors',
          entities: ['agents'],
          errorType: 'invalid_email',
          label: HOSTILE,
          severity: 'error',
          open: 12,
          resolved: 3,
          sources: [{ source: HOSTILE, count: 12 }],
          examples: [
            {
              errorId: '1',
              message: HOSTILE,
              field: 'signature',
              source: 'sync-day1',
              file: 'data/a.json',
              position: 3,
              firstSeenAt: '2026-03-01T10:00:00Z',
              record: JSON.stringify({ signature: HOSTILE }),
              isCut: false,
            },
          ],
        },
      ],
      errorsByDay: [{ day: '2026-03-01', table: 'errors.agent_pipeline_errors', severity: 'error', found: 15, resolved: 3 }],
    },
    runs: {
      runs: Array.from({ length: 12 }, (_, at) => runAt(at, random)),
      timelines: {
        run11: all.slice(0, 80).map((node, at) => ({
          node: node.uniqueId,
          name: node.name,
          resourceType: node.resourceType,
          status: at === 7 ? 'error' : 'success',
          from: at * 0.05,
          to: at * 0.05 + 0.04 + random() * 0.3,
          inserted: 1,
          updated: 0,
          deleted: 0,
          message: HOSTILE,
        })),
      },
    },
    publish: { runId: 'run11', at: '2026-03-01T10:00:00Z' },
    feed: {
      through: '2026-03-01',
      notes: [{ kind: 'incomplete', day: '2026-03-01', entity: 'agents', message: HOSTILE, hint: HOSTILE }],
    },
    reports: [hostileReport(random)],
    exposures: [
      {
        uniqueId: 'exposure.synthetic.board',
        name: 'board',
        label: HOSTILE,
        type: 'dashboard',
        maturity: null,
        url: 'javascript:window.broken=3',
        owner: { name: HOSTILE, email: null },
        description: HOSTILE,
        file: 'models/_exposures.yml',
        tags: [],
        meta: {},
        dependsOn: [all.at(-1)!.uniqueId],
      },
    ],
  }
}

function nodeAt(at: number, layer: number, layers: string[], columns: number): DocsNode {
  const schema = layers[layer] ?? 'marts'
  const name = `${['orders', 'customers', 'tickets', 'visits', 'prices', 'agents', 'refunds'][at % 7]}_${at}`
  const type = layer === 0 ? 'source' : 'model'
  return {
    uniqueId: `${type}.synthetic.${name}`,
    resourceType: type,
    name,
    sourceName: layer === 0 ? 'raw' : null,
    packageName: 'synthetic',
    relation: `"warehouse"."${schema}"."${name}"`,
    schema,
    identifier: name,
    materialized: layer === 0 ? null : 'table',
    description: at % 5 === 0 ? HOSTILE : `One row per thing of kind ${at}, as it is **now**.`,
    file: layer === 0 ? 'models/_sources.yml' : `models/${schema}/${name}.sql`,
    propertiesFile: null,
    tags: at % 9 === 0 ? ['nightly'] : [],
    meta: {},
    grants: {},
    rawSql: `select column_1, '${HOSTILE}' as text\nfrom {{ ref('orders_0') }} -- ${at}`,
    compiledSql: `select column_1, '${HOSTILE}' as text\nfrom "orders_0"`,
    columns: Array.from({ length: columns }, (_, column) => ({
      name: column === 0 ? 'id' : column === 1 ? 'email' : `column_${column}`,
      type: column === 0 ? 'bigint' : 'text',
      description: column === 1 ? HOSTILE : 'What it is, in a sentence.',
      isKey: column === 0,
      isNullable: column > 0,
      references: null,
      tests: [],
      notTraced: null,
      isConstant: false,
      isKept: false,
      origins: [],
    })),
    primaryKey: ['id'],
    foreignKeys: [],
    indexes: [],
    tests: [],
    unitTests: [],
    dependsOn: [],
    usedBy: [],
    macros: [],
    exists: true,
    rowCount: 1000 + at,
    isEstimate: at % 2 === 0,
    sizeBytes: 8192 * (at + 1),
    lastRun: {
      runId: 'run11',
      status: 'success',
      startedAt: '2026-03-01T10:00:00Z',
      seconds: 0.4,
      message: HOSTILE,
      inserted: 1,
      updated: 0,
      deleted: 0,
      unchanged: 5,
    },
    changedAt: '2026-02-27T10:00:00Z',
    freshness: layer === 0 ? { newestAt: '2026-03-01T10:00:00Z', status: 'warn' } : null,
    sample:
      layer === 0
        ? null
        : {
            columns: ['id', 'email'],
            rows: [
              ['1', HOSTILE],
              ['2', null],
            ],
          },
    notTraced: null,
  }
}

function testOf(node: DocsNode, generic: string, at: number): DocsTest {
  const uniqueId = `test.synthetic.${generic}_${node.name}_id`
  const status = at % 50 === 3 ? ('fail' as const) : ('pass' as const)
  const last = { runId: 'run11', status, failures: status === 'fail' ? 2 : 0, message: null, at: '2026-03-01T10:00:00Z', seconds: 0.01 }
  node.tests.push(uniqueId)
  node.columns[0]?.tests.push(uniqueId)
  return {
    uniqueId,
    name: `${generic}_${node.name}_id`,
    generic,
    attachedTo: node.uniqueId,
    column: 'id',
    arguments: { note: HOSTILE },
    severity: 'error',
    description: '',
    file: 'models/_models.yml',
    rawSql: '{{ test() }}',
    compiledSql: 'select 1',
    dependsOn: [node.uniqueId],
    last,
    history: Array.from({ length: 8 }, (_, run) => ({ ...last, runId: `run${run}`, at: `2026-02-${10 + run}T10:00:00Z` })),
  }
}

function lineageOf(all: DocsNode[]): DocsData['lineage'] {
  const fields: DocsField[] = []
  const index = new Map<string, number>()
  const fieldOf = (node: DocsNode, column: string): number => {
    const key = `${node.uniqueId} ${column}`
    const known = index.get(key)
    if (known !== undefined) return known
    index.set(key, fields.length)
    const isRoot = node.resourceType === 'source'
    fields.push({
      node: node.uniqueId,
      column: isRoot ? 'record' : column,
      path: isRoot ? ['contact', column] : [],
      label: isRoot ? `contact.${column}` : '',
    })
    return fields.length - 1
  }
  const byId = new Map(all.map(node => [node.uniqueId, node]))
  const edges = all.flatMap(node =>
    node.dependsOn.flatMap(id =>
      node.columns.map(({ name }): DocsEdge => [fieldOf(byId.get(id)!, name), fieldOf(node, name), name === 'id' ? 'copy' : 'value']),
    ),
  )
  for (const node of all)
    if (node.resourceType === 'source')
      node.columns.unshift({ ...node.columns[0]!, name: 'record', type: 'jsonb', isKey: false, tests: [] })
  const columns = all.reduce((sum, node) => sum + node.columns.length, 0)
  return { fields, edges, columns, traced: columns, notTraced: 0 }
}

function batchesOf(random: () => number): DocsBatch[] {
  return Array.from({ length: 365 }, (_, day) =>
    ['agents', 'admin_groups', 'roles'].map(entity => {
      const [quarantined, duplicates] = [Math.floor(random() * 6), Math.floor(random() * 4)]
      const records = 200 + Math.floor(random() * 40)
      return {
        batch: `sync-day${day + 1}`,
        entity,
        date: new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10),
        files: 2,
        refused: 0,
        records,
        staged: records - quarantined - duplicates,
        quarantined,
        duplicates,
        warnings: Math.floor(random() * 4),
        errors: quarantined,
        loadedAt: null,
      }
    }),
  ).flat()
}

function runAt(at: number, random: () => number): DocsRun {
  return {
    runId: `run${at}`,
    command: 'build',
    status: at === 5 ? 'failed' : 'published',
    startedAt: `2026-02-${10 + at}T10:00:00Z`,
    finishedAt: null,
    seconds: 3 + random() * 4,
    isWhole: true,
    message: HOSTILE,
    models: 60,
    inserted: 10,
    updated: 2,
    deleted: 0,
    tests: { pass: 120, warn: 2, fail: at === 5 ? 1 : 0, error: 0, skipped: 0 },
  }
}

function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}
