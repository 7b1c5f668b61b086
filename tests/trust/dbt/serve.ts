import { createInterface } from 'node:readline'
import { main } from '../../../run/feed/main.ts'

/** A command line, its working directory and its environment. */
interface Request {
  args: string[]
  cwd: string
  env: Record<string, string>
}

/**
 * The program, command after command in one process: the thousand commands of dbt's tests would otherwise wait for as many starts of Node.
 * Each line of stdin is a request, each line of stdout its exit code and output.
 */
const print = process.stdout.write.bind(process.stdout)
for await (const line of createInterface({ input: process.stdin })) print(`${JSON.stringify(await run(JSON.parse(line)))}\n`)

async function run({ args, cwd, env }: Request): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((text: string | Uint8Array, encoding?: unknown, done?: () => void) => {
      said[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
      const after = typeof encoding === 'function' ? encoding : done
      if (after) queueMicrotask(after as () => void)
      return true
    }) as typeof process.stdout.write
  process.chdir(cwd)
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
  process.argv = [process.argv[0]!, 'run.ts', ...args]
  const code = await main().catch((error: Error) => {
    said.stderr += error.stack
    return 2
  })
  return { code, ...said }
}
