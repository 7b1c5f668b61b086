/** Bytes that JSON.stringify would not write, such as `NaN`, `184.10` or a repeated key; `jsonText` inserts them unchanged. */
export const verbatim = (bytes: string) => `⟦${bytes}⟧`

/** One JSON value on one line, or indented. Verbatim values are unchanged. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/"⟦(.*?)⟧"/g, (_, bytes: string) => JSON.parse(`"${bytes}"`))
}

/** One record per line, with a line end after the last one. */
export const ndjsonText = (records: unknown[]) => records.map(record => `${jsonText(record)}\n`).join('')
