/**
 * Evaluates within YAML: dbt renders YAML to values and SQL to text, and as_bool, as_number, as_native and as_text convert only in YAML.
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
