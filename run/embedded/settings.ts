import { statfsSync } from 'node:fs'

/** PostgreSQL's command line, for a server on loopback with one user who builds a warehouse on their own machine. */
export function serverSettings(port: number): string[] {
  return Object.entries({ port, ...settings, ...(cramped() && withoutSharedMemory) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 50,
  timezone: 'UTC',
  log_timezone: 'UTC',

  // Big statements, few sessions.
  shared_buffers: '256MB',
  work_mem: '64MB',
  temp_buffers: '64MB',
  maintenance_work_mem: '256MB',
  jit: 'off',
  random_page_cost: 1.1,

  // A crash may lose the last half second of commits, but never consistency: fsync stays on. There are no replicas, so a table created and
  // filled in one transaction needs no WAL.
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',

  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
}

const withoutSharedMemory = { max_parallel_workers_per_gather: 0, max_parallel_maintenance_workers: 0 }

// Whether /dev/shm is too small: parallel queries share memory through it, and the 64 MB of many containers cannot hold one hash table.
function cramped(): boolean {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    return bavail * bsize < 1024 ** 3
  } catch {
    return false
  }
}
