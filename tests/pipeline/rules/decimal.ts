/** An exact decimal: digits / 10^scale. */
export interface Decimal {
  digits: bigint
  scale: number
}

/** The decimal of a plain numeric text such as `-12.50`. */
export function decimal(text: string): Decimal {
  const [whole = '', fraction = ''] = text.split('.')
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

/** a × b. */
export function times(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale }
}

/** a + b. */
export function plus(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { digits: raised(a, scale) + raised(b, scale), scale }
}

/** a - b. */
export function minus(a: Decimal, b: Decimal): Decimal {
  return plus(a, { ...b, digits: -b.digits })
}

/** a / 10^places, exactly. */
export function shifted(a: Decimal, places: number): Decimal {
  return { digits: a.digits, scale: a.scale + places }
}

/** Rounded to two decimals, halves away from zero as in PostgreSQL's numeric. */
export function cents(a: Decimal): Decimal {
  if (a.scale <= 2) return a
  const unit = 10n ** BigInt(a.scale - 2)
  const half = a.digits < 0n ? -unit / 2n : unit / 2n
  return { digits: (a.digits + half) / unit, scale: 2 }
}

/** Below zero, zero or above, as a is below, equal to or above b. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const { digits } = minus(a, b)
  return digits < 0n ? -1 : digits > 0n ? 1 : 0
}

/** |a|. */
export function absolute(a: Decimal): Decimal {
  return a.digits < 0n ? { ...a, digits: -a.digits } : a
}

/** The canonical text: no trailing zeros, no exponent. */
export function decimalText({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : ''
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  if (scale === 0) return sign + text
  const fraction = text.slice(-scale).replace(/0+$/, '')
  return sign + text.slice(0, -scale) + (fraction && `.${fraction}`)
}

function raised(a: Decimal, scale: number): bigint {
  return a.digits * 10n ** BigInt(scale - a.scale)
}
