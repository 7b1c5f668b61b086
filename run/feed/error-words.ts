/** What a reader calls a kind of error; a kind that is not here is called by its name with spaces. */
export function labelOf(errorType: string): string {
  return WORDS[errorType] ?? errorType.replaceAll('_', ' ')
}

const WORDS: Record<string, string> = {
  amount_mismatch: 'Amounts that do not agree',
  coerced_value: 'Value of another type, converted',
  duplicate_in_batch: 'Record that stands twice in one batch',
  hierarchy_cycle: 'Group that is above itself',
  incomplete_snapshot: 'List of a day that is incomplete',
  inferred_parent: 'Named by others, never sent itself',
  invalid_json: 'Text that is no JSON',
  invalid_key: 'Record whose id cannot be one',
  invalid_value: 'Value that cannot be used',
  missing_key: 'Record without an id',
  missing_value: 'Required value that is missing',
  not_an_object: 'Entry that is no record',
  refused_file: 'File that was refused',
  unknown_agent: 'Names an agent that nobody knows',
  unknown_currency: 'Currency that nobody knows',
  unknown_override: 'Override for somebody whom nobody knows',
  unknown_parent_group: 'Names a group that nobody knows',
  unknown_role: 'Names a role that nobody knows',
  unrepresentable_text: 'Text that the database cannot hold',
}
