import { setFlagsFromString } from 'node:v8'
import { loadMain } from './run/cli/bundle.ts'

// While there is garbage, V8 lets its nurseries grow to 48 MB each; as they are now they are as fast (P6).
setFlagsFromString('--semi-space-growth-factor=1')

// A signal that comes while the program is read has nothing to undo.
const leave = () => process.exit(2)
process.on('SIGINT', leave).on('SIGTERM', leave)
const { main, keep } = await loadMain('run/feed/main.ts', () => import('./run/feed/main.ts'))
process.off('SIGINT', leave).off('SIGTERM', leave)

process.exitCode = await main()
keep()
