import { arithmetic } from './arithmetic.ts'
import { compare, contains, equals, length } from './compare.ts'
import { isInteger } from './numbers.ts'
import { builtins } from './signature.ts'
import { str } from './text.ts'
import { isDecimal, isDict, isFloat, isObject, isUndefined, type JinjaFunction, typeName, type Value } from './values.ts'

/** Jinja's tests, after `is`. */
export const tests: Record<string, JinjaFunction> = builtins({
  'defined(value)': value => !isUndefined(value),
  'undefined(value)': value => isUndefined(value),
  'none(value)': value => value === null,
  'boolean(value)': value => typeof value === 'boolean',
  'true(value)': value => value === true,
  'false(value)': value => value === false,
  'integer(value)': value => isInteger(value) && typeof value !== 'boolean',
  'float(value)': value => typeName(value) === 'float',
  'number(value)': value => isDecimal(value) || isInteger(value) || isFloat(value) || typeof value === 'number',
  'string(value)': value => typeof value === 'string',
  'mapping(value)': value => isDict(value) || (isObject(value) && value.isMapping === true),
  'sequence(value)': value => length(value) !== undefined,
  'iterable(value)': value => length(value) !== undefined,
  'callable(value)': value => typeof value === 'function' || isUndefined(value),
  'odd(value)': value => equals(arithmetic['%'](value, 2), 1),
  'even(value)': value => equals(arithmetic['%'](value, 2), 0),
  'divisibleby(value, num)': (value, divisor) => equals(arithmetic['%'](value, divisor), 0),
  'upper(value)': value => /\p{L}/u.test(str(value)) && str(value) === str(value).toUpperCase(),
  'lower(value)': value => /\p{L}/u.test(str(value)) && str(value) === str(value).toLowerCase(),
  'sameas(value, other)': (value, other) => value === other,
  'escaped(value)': () => false,
  'in(value, seq)': (value, container) => contains(container, value),
  'eq(value, other)': equals,
  'equalto(value, other)': equals,
  '==(value, other)': equals,
  'ne(value, other)': (value, other) => !equals(value, other),
  '!=(value, other)': (value, other) => !equals(value, other),
  'lt(value, other)': below,
  'lessthan(value, other)': below,
  '<(value, other)': below,
  'le(value, other)': (value, other) => compare(value, other, '<=') <= 0,
  '<=(value, other)': (value, other) => compare(value, other, '<=') <= 0,
  'gt(value, other)': above,
  'greaterthan(value, other)': above,
  '>(value, other)': above,
  'ge(value, other)': (value, other) => compare(value, other, '>=') >= 0,
  '>=(value, other)': (value, other) => compare(value, other, '>=') >= 0,
})

function below(value: Value, other: Value): boolean {
  return compare(value, other, '<') < 0
}

function above(value: Value, other: Value): boolean {
  return compare(value, other, '>') > 0
}
