/**
 * dbt renders YAML to values, SQL to text: as_bool, as_number, as_native and as_text convert in the first alone. What is evaluated inside
 * of `asNative` is YAML's.
 */
export function asNative<T>(run: () => T): T {
  depth++
  try {
    return run()
  } finally {
    depth--
  }
}

/** Whether a value of YAML is being evaluated. */
export function isNative(): boolean {
  return depth > 0
}

let depth = 0
