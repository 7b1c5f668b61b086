/** Bytes that JSON.stringify would not write, such as `NaN`, `184.10` or a key twice, for `jsonText` to put in as they are. */
export const verbatim = (bytes: string) => `⟦${bytes}⟧`

/** One JSON value on one line, or indented. Verbatim values come out as they were given. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/"⟦(.*?)⟧"/g, (_, bytes: string) => JSON.parse(`"${bytes}"`))
}

/** One record a line. The last line ends too. */
export const ndjsonText = (records: unknown[]) => records.map(record => `${jsonText(record)}\n`).join('')
