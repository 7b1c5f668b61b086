import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { runProgram } from '../../run/cli/program.ts'
import { commands } from '../../run/commands/commands.ts'
import { withFeed } from '../../run/feed/commands/commands.ts'
import { CODES } from '../../run/report/events.ts'
import { blocksOf, commandsIn } from '../trust/operate-blocks.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const page = read('docs/operate.md')
const examples = readdirSync(join(root, 'docs/operate'))

/** Whether the command line accepts these words; nothing is run. */
async function isTaken(words: string[]): Promise<boolean> {
  const idle = Object.fromEntries(Object.entries(withFeed(commands)).map(([name, one]) => [name, { ...one, run: async () => 0 }]))
  const [argv, write] = [process.argv, vi.spyOn(process.stderr, 'write').mockReturnValue(true)]
  process.argv = ['node', 'run.ts', ...words]
  try {
    return (await runProgram(idle, undefined)) === 0
  } finally {
    process.argv = argv
    write.mockRestore()
  }
}

describe('docs/operate.md', () => {
  it('has blocks that a shell can read', () => {
    const blocks = blocksOf(page)
    expect(blocks.length).toBeGreaterThan(8)
    for (const { text, line } of blocks) expect(spawnSync('bash', ['-n', '-c', text]).status, `line ${line}`).toBe(0)
  })

  it('names commands and options that are there, as do the examples and the README', async () => {
    const texts = [page, read('README.md'), read('docs/extract.md'), ...examples.map(name => read(`docs/operate/${name}`))]
    const found = texts.flatMap(text => commandsIn(text.replaceAll('\\`', '')))
    expect(found.length).toBeGreaterThan(30)
    for (const words of found) expect(await isTaken(words), words.join(' ')).toBe(true)
    expect(await isTaken(['build', '--no-such-option'])).toBe(false)
  })

  it('lists every event and every cause', () => {
    const table = page.slice(page.indexOf('## Events'), page.indexOf('## Back up'))
    const names = [...table.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name)
    const causes = ['RefusedEntity', 'IncompleteSnapshot', 'ShrunkSnapshot', 'UndatedBatch', 'MissingEntity', 'UnchangedFeed']
    expect(names.sort()).toEqual([...Object.keys(CODES), ...causes, 'RefusedFile', 'LogNotWritten', 'NotDelivered'].sort())
  })

  it('links to files that are there', () => {
    for (const [, file] of page.matchAll(/\]\((?!#|https?:)([^)#]+)/g)) expect(() => read(`docs/${file}`), file).not.toThrow()
    for (const name of examples) if (name !== 'Dockerfile.dockerignore') expect(page).toContain(`operate/${name}`)
  })
})

describe('the examples', () => {
  it('are YAML of the fields that matter', () => {
    const [job] = parseAllDocuments(read('docs/operate/cronjob.yaml')).map(document => document.toJS())
    const pod = job.spec.jobTemplate.spec.template.spec
    expect(pod.securityContext.runAsNonRoot).toBe(true)
    expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false })
    expect(parse(read('docs/operate/github-actions.yml')).jobs.build.steps.length).toBeGreaterThan(3)
  })

  it('copy into a container what the project is made of, and nothing else', () => {
    const dockerfile = read('docs/operate/Dockerfile')
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))
    const ignored = read('docs/operate/Dockerfile.dockerignore').split('\n')
    expect(new Set(copied)).toEqual(new Set(ignored.filter(line => line.startsWith('!')).map(line => line.slice(1))))
    for (const name of copied) expect(() => readdirSync(join(root, name, '..')), name).not.toThrow()
    expect(dockerfile).toMatch(/^USER node$/m)
  })
})

it('the linked command does what run.ts does, from anywhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-bin-'))
  const { bin } = JSON.parse(read('package.json'))
  symlinkSync(join(root, bin.deskledger), join(folder, 'deskledger'))
  const ls = ['ls', '--resource-type', 'seed', '--output', 'name', '--project-dir', root]
  const { status, stdout, stderr } = spawnSync(join(folder, 'deskledger'), ls, { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect([status, stdout, stderr]).toEqual([
    0,
    'currencies\nexchange_rates\nplain_words\nrole_conflicts\nsync_batches\nuser_agent_overrides\n',
    expect.any(String),
  ])
})
