import { setFlagsFromString } from 'node:v8'
import { runProgram } from './run/cli/program.ts'
import { commands } from './run/commands/commands.ts'
import { withFeed } from './run/feed/commands/commands.ts'
import { feed } from './run/feed/extension.ts'

// While there is garbage, V8 lets its nurseries grow to 48 MB each; as they are now they are as fast (P6).
setFlagsFromString('--semi-space-growth-factor=1')

process.exitCode = await runProgram(withFeed(commands), feed)
