import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const runner = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', join(root, 'run.ts'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deskledger-completion-'))
  mkdirSync(join(folder, 'target'))
  const node = (name: string, type = 'model', tags: string[] = []) => ({ name, resource_type: type, tags })
  const nodes = {
    a: node('agents', 'model', ['nightly']),
    b: node('agent_details'),
    c: node('roles', 'seed'),
    d: node('unique_agents', 'test'),
    e: node('$(touch evil)'),
  }
  writeFileSync(join(folder, 'target/manifest.json'), JSON.stringify({ nodes, sources: { s: { source_name: 'raw', name: 'agents' } } }))
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), runner('completion', shell).stdout)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!has('bash'))('completion in bash', () => {
  // As readline calls it.
  const complete = (line: string): string[] => {
    const script = `source ./bash; COMP_LINE=$1; COMP_POINT=\${#1}; _deskledger; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', line], { cwd: folder, encoding: 'utf8' })
    expect(stderr.replace(/.*compopt.*\n/g, '')).toBe('')
    return stdout.split('\n').filter(word => word !== '')
  }

  it('completes commands, and those of a group', () => {
    expect(complete('npx tsx run.ts ')).toEqual(expect.arrayContaining(['build', 'plan', 'diff', 'watch', 'completion', 'source']))
    expect(complete('npx tsx run.ts pl')).toEqual(['plan'])
    expect(complete('deskledger db st')).toEqual(['start', 'stop', 'status'])
    expect(complete('npx tsx some/where/run.ts source f')).toEqual(['freshness'])
    expect(complete('npx tsx run.ts clone')).toEqual([])
  })

  it('completes options and their values, also after an option that takes one', () => {
    expect(complete('npx tsx run.ts build --full')).toEqual(['--full-refresh'])
    expect(complete('npx tsx run.ts build --log-format ')).toEqual(['text', 'json'])
    expect(complete('npx tsx run.ts build --log-format json --fail')).toEqual(['--fail-fast'])
    expect(complete('npx tsx run.ts show --full')).toEqual([])
    expect(complete('npx tsx run.ts completion z')).toEqual(['zsh'])
  })

  it('completes names of nodes, with the operators of a selection before them', () => {
    expect(complete('npx tsx run.ts build --select agent')).toEqual(['agents', 'agent_details'])
    expect(complete('npx tsx run.ts build --select roles agent')).toEqual(['agents', 'agent_details'])
    expect(complete('deskledger build -s +agents')).toEqual(['+agents'])
    expect(complete('deskledger build -s agents,2+ro')).toEqual(['agents,2+roles'])
    expect(complete('deskledger diff ro')).toEqual(['roles'])
    // For readline a colon ends a word.
    expect(complete('deskledger build --select tag:ni')).toEqual(['nightly'])
    expect(complete('deskledger build --select source:raw.')).toEqual(['raw.agents'])
    expect(complete('deskledger build --select uniq')).toEqual([])
  })

  it('leaves what is not ours alone, and evaluates nothing of the project', () => {
    expect(complete('npx vitest ru')).toEqual([])
    expect(complete('deskledger build --select ')).not.toContain('$(touch evil)')
  })
})

describe.skipIf(!has('zsh'))('completion in zsh', () => {
  it('is read, and gives the candidates that bash gets', () => {
    const script = 'compdef() { :; }; source ./zsh; _deskledger_candidates build --select; _deskledger_candidates db'
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['agents', 'tag:nightly', 'start']))
  })
})

describe.skipIf(!has('fish'))('completion in fish', () => {
  const complete = (line: string) => {
    const { stdout } = spawnSync('fish', ['--no-config', '-c', `source ./fish; complete -C '${line}'`], { cwd: folder, encoding: 'utf8' })
    return stdout.split('\n').map(text => text.split('\t')[0])
  }

  it('completes commands, options and names', () => {
    expect(complete('npx tsx run.ts pl')).toContain('plan')
    expect(complete('deskledger db sto')).toContain('stop')
    expect(complete('deskledger build --full')).toContain('--full-refresh')
    expect(complete('deskledger build --select agent')).toEqual(expect.arrayContaining(['agents', 'agent_details']))
  })
})

describe('--help', () => {
  // All in one process: starting one for each takes a minute.
  const helps = (commands: string[][]): string[] => {
    const script = `
      for (const words of ${JSON.stringify(commands)}) {
        process.argv = [process.argv[0], 'run.ts', ...words, '--help']
        await import(${JSON.stringify(join(root, 'run.ts'))} + '?' + words.join('-'))
        console.log('=====')
      }`
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    })
    return stdout.split('=====\n')
  }
  const commandsIn = (help: string) => {
    const list = help.split('Commands:')[1]?.split('\n\n')[0] ?? ''
    return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!).filter(name => name !== 'help')
  }

  it('is there for every command, with an example of that very command', () => {
    const top = commandsIn(helps([[]])[0]!).map(name => [name])
    expect(top.length).toBeGreaterThan(18)
    const groups = helps(top).flatMap((help, i) => (top[i] ? commandsIn(help).map(name => [...top[i]!, name]) : []))
    expect(groups).toContainEqual(['db', 'start'])
    const all = [...top.filter(([name]) => !groups.some(([group]) => group === name)), ...groups]
    const found = helps(all)
    for (const [i, words] of all.entries()) expect(found[i]).toMatch(new RegExp(`Example:\\n {2}npx tsx run\\.ts ${words.join(' ')}\\b`))
  })
})
