/** The progress of reading, for a progress bar: `430 of 1,020 MB, 31 MB/s, 0:19 left`. `seconds` since its start. */
export function pace(bytes: number, totalBytes: number, seconds: number): string {
  const parts = [`${megabytes(bytes)} of ${megabytes(totalBytes)} MB`]
  const rate = bytes / seconds
  if (seconds >= 1 && rate > 0) parts.push(`${megabytes(rate)} MB/s`, `${clock(Math.max(0, totalBytes - bytes) / rate)} left`)
  return parts.join(', ')
}

function megabytes(bytes: number): string {
  const digits = bytes >= 9_950_000 ? 0 : 1
  return (bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** `0:19`, `1:05:00`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const last = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${last}` : `${minutes}:${last}`
}
