import { exact } from '../jinja/numbers.ts'
import { floatText } from '../jinja/text.ts'

/** JSON text as Python's json.dumps(json.loads(…)) writes it: a blank after commas and colons, only ASCII, floats by Python's rules. */
export function pythonJson(text: string): string {
  return text.replace(TOKENS, (_, string?: string, number?: string, mark?: string) => {
    if (string !== undefined) return asciiJson(JSON.parse(string) as string)
    if (number !== undefined) return /[.eE]/.test(number) ? floatText(Number(number)) : String(exact(BigInt(number)))
    return mark === ',' || mark === ':' ? `${mark} ` : (mark ?? '')
  })
}

/** Converts PostgreSQL's text of an array to JSON: `{a,NULL}` is `["a", null]`. */
export function jsonArray(text: string, element: (text: string) => string): string {
  const body = text.replace(/^[^{]*=/, '')
  return body.replace(ELEMENTS, (_, string?: string, word?: string, mark?: string) => {
    if (string !== undefined) return element(string.slice(1, -1).replace(/\\(.)/gs, '$1'))
    if (word !== undefined) return word === 'NULL' ? 'null' : element(word)
    return mark === '{' ? '[' : mark === '}' ? ']' : ', '
  })
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const TOKENS = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\s*([,:[\]{}])\s*/g
const ELEMENTS = /("(?:[^"\\]|\\.)*")|([^,{}"]+)|([,{}])/gs
