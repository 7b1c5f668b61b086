import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ProjectError } from '../base/errors.ts'
import { withoutCredentials } from '../base/sanitize.ts'

/** Clones a repository at a branch, tag or commit (HEAD without one) into a new folder, and gives the commit. */
export async function clone(url: string, revision: string | undefined, into: string): Promise<string> {
  const wanted = revision ?? 'HEAD'
  for (const text of [url, wanted])
    if (text.startsWith('-')) throw new ProjectError(`Invalid git address or revision '${text}'`, { hint: 'It begins with a hyphen.' })
  const there = ['-C', into]
  await git(['init', '--quiet', into], url)
  await git([...there, 'remote', 'add', 'origin', url], url)
  // One commit is enough; a server that does not serve a commit by its hash has to send all of them.
  const shallow = await git([...there, 'fetch', '--quiet', '--depth', '1', '--no-tags', 'origin', wanted], url).catch(error => error)
  if (shallow instanceof Error) {
    await git([...there, 'fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*'], url)
    const found = await firstOf([wanted, `origin/${wanted}`], name =>
      git([...there, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`], url),
    )
    if (found === undefined)
      throw new ProjectError(`${withoutCredentials(url)} has no branch, tag or commit '${wanted}'`, {
        hint: 'Correct revision: in packages.yml.',
      })
    await git([...there, 'checkout', '--quiet', '--detach', found.trim()], url)
  } else await git([...there, 'checkout', '--quiet', '--detach', 'FETCH_HEAD'], url)
  const commit = (await git([...there, 'rev-parse', 'HEAD'], url)).trim()
  rmSync(join(into, '.git'), { recursive: true, force: true })
  return commit
}

async function firstOf(names: string[], ask: (name: string) => Promise<string>): Promise<string | undefined> {
  for (const name of names) {
    const found = await ask(name).catch(() => undefined)
    if (found !== undefined) return found
  }
  return undefined
}

// Runs no hooks and filters of a repository, and never asks for a password.
const SAFE = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'core.symlinks=true',
  '-c',
  'submodule.recurse=false',
]

function git(args: string[], url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...SAFE, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } })
    const [out, said]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', piece => out.push(piece))
    child.stderr.on('data', piece => said.push(piece))
    child.on('error', () =>
      reject(new ProjectError('The program git cannot be started', { hint: 'Install it, or take the package from the hub or a tarball.' })),
    )
    child.on('close', code => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'))
      else
        reject(
          new ProjectError(
            `git cannot fetch ${withoutCredentials(url)}: ${withoutCredentials(Buffer.concat(said).toString('utf8').trim())}`,
          ),
        )
    })
  })
}
