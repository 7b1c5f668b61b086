import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '../../run/database/connection.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { withDatabase } from '../pipeline/database.ts'
import { blocksOf } from './operate-blocks.ts'

const project = join(import.meta.dirname, '../..')

/**
 * Follows docs/operate.md on a fresh clone of the committed files: runs its `sh` blocks in order, in one shell; then what a container
 * allows. Prints a line for each, and gives the exit code. Packages come from the registry that npm is configured for.
 */
async function operate(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-operate-'))
  chmodSync(folder, 0o755)
  const clone = join(folder, 'clone')
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', project, clone])
  mkdirSync(join(folder, 'server'))
  const server = await startEmbedded(join(folder, 'server'))
  const admin = connect(server.url, { max: 1 })
  for (const name of ['moved', 'contained', 'stopped']) await admin.unsafe(`create database ${name} template template0`)
  await admin.end()
  try {
    const isDone = await runBlocks(folder, clone, withDatabase(server.url, 'moved'))
    if (!isDone) return 1
    return (await contained(folder, clone, server.url)) ? 0 : 1
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runBlocks(folder: string, clone: string, warehouse: string): Promise<boolean> {
  const blocks = blocksOf(readFileSync(join(clone, 'docs/operate.md'), 'utf8'))
  const script = blocks.map(({ heading, text }, at) => `echo "[${at + 1}/${blocks.length}] ${heading}"\n${text}`).join('\n')
  const { DATABASE_URL: _, NOTIFY_URL: __, ...env } = process.env
  const prefix = join(folder, 'npm')
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: clone,
    env: { ...env, WAREHOUSE_URL: warehouse, npm_config_prefix: prefix, PATH: `${prefix}/bin:${env.PATH}`, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
  child.stdout.on('data', chunk => process.stdout.write(String(chunk).replace(/^(?!\[\d+\/).*\n?/gm, '')))
  const code = await new Promise(resolve => child.on('close', resolve))
  process.stdout.write(
    code === 0 ? `all ${blocks.length} blocks of docs/operate.md ended well\n` : `${printed.slice(-3000)}\nended with ${code}\n`,
  )
  return code === 0
}

/** The result of the Dockerfile, without an engine: the files that it copies, with the packages that it installs. Gives the folder. */
function imageOf(folder: string, clone: string): string {
  const image = join(folder, 'image')
  mkdirSync(image)
  const lines = readFileSync(join(clone, 'docs/operate/Dockerfile'), 'utf8').matchAll(/^COPY (?!--from)(.+) \S+$/gm)
  for (const name of [...lines].flatMap(([, names = '']) => names.split(' ')))
    cpSync(join(clone, name), join(image, name), { recursive: true })
  execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: image, stdio: 'ignore' })
  return image
}

/**
 * A build in the Dockerfile's result, as a user without files or further rights, and with a read-only project; its health check; then a
 * build that is told to stop.
 */
async function contained(folder: string, clone: string, url: string): Promise<boolean> {
  const image = imageOf(folder, clone)
  const own = join(folder, 'own')
  mkdirSync(own)
  if (process.getuid?.() !== 0 || spawnSync('mount', ['--bind', image, image]).status !== 0) {
    process.stdout.write('not tried: a project folder that is read-only, for this user may not mount\n')
    return true
  }
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', image])
    chmodSync(own, 0o777)
    const data = join(folder, 'feed')
    cpSync(join(clone, 'data'), data, { recursive: true })
    const at = (name: string) => ({ image, own, data, url: withDatabase(url, name) })
    const built = await asNobody(at('contained'), ['build', '--quiet'])
    const healthy = await asNobody(at('contained'), ['db', 'status'])
    const stopped = await asNobody(at('stopped'), ['build', '--quiet'], 1_200)
    process.stdout.write(
      `the Dockerfile's files, as nobody, read-only: build ended with ${built.code}, db status with ${healthy.code}; told to stop, build ended with ${stopped.code}\n`,
    )
    const isGood = built.code === 0 && healthy.code === 0 && stopped.code === 2
    if (!isGood) process.stdout.write([built, healthy, stopped].map(({ printed }) => `${printed}\n`).join(''))
    return isGood
  } finally {
    execFileSync('umount', ['-l', image])
  }
}

async function asNobody(
  { image, own, data, url }: { image: string; own: string; data: string; url: string },
  args: string[],
  stopAfter?: number,
) {
  const words = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs', process.execPath, 'run/cli/deskledger.js']
  const child = spawn('setpriv', [...words, ...args], {
    cwd: image,
    env: {
      PATH: process.env.PATH,
      HOME: own,
      TMPDIR: own,
      DATABASE_URL: url,
      DATA_DIR: data,
      DBT_TARGET_PATH: join(own, 'target'),
      DBT_LOG_PATH: join(own, 'logs'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  if (stopAfter !== undefined) {
    await Promise.race([sleep(stopAfter), ended])
    child.kill('SIGTERM')
  }
  return { code: await ended, printed }
}

/** `npm run test:operate` */
if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await operate()
