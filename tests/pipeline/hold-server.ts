// A process that holds the embedded server of a folder until it is killed or its stdin ends: `tsx hold-server.ts FOLDER`.
import { startEmbedded } from '../../run/embedded/server.ts'

const { url, close } = await startEmbedded(process.argv[2] ?? '.')
process.stdout.write(`${url}\n`)
process.stdin.resume().on('end', close)
