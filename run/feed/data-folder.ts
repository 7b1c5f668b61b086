import path from 'node:path'
import type { Command } from '../cli/command.ts'

/** The folder of the feed, absolute: --data, DATA_DIR, or data/ of the project. */
export function dataFolder({ data }: Command['options'], projectDir: string): string {
  return path.resolve(projectDir, data ?? process.env.DATA_DIR ?? 'data')
}
