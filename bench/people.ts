import { base, de, en, es, Faker } from '@faker-js/faker'
import { randomOf } from './random.ts'

/** An invented person. Emails only at example.com or example.org, telephone numbers only 555-01xx. */
export interface Person {
  name: string
  email: string
  jobTitle: string | null
  phone: string | null
  mobile: string | null
  language: string
  timeZone: string
}

/** A shop where cards pay. */
export interface Merchant {
  name: string
  rawName: string
  categoryCode: string
  location: { city?: string; state?: string; postalCode?: string; country: string }
}

/** Pools made once by faker; drawing from them costs nothing. */
export interface Directory {
  /** The n-th person; different numbers give different names. */
  person(n: number): Person
  merchants: readonly Merchant[]
}

/** The people and merchants of one seed. */
export function directoryOf(seed: number): Directory {
  const faker = new Faker({ locale: [en, base], seed })
  const german = new Faker({ locale: [de, en, base], seed })
  const spanish = new Faker({ locale: [es, en, base], seed })
  const first = faker.helpers.uniqueArray(() => faker.person.firstName(), 307)
  const last = faker.helpers.uniqueArray(
    () =>
      faker.helpers
        .arrayElement([faker, faker, faker, german, spanish])
        .person.lastName()
        .replace(/^(von|de) /, ''),
    401,
  )
  const jobTitles = faker.helpers.uniqueArray(() => faker.person.jobTitle(), 60)
  return {
    person: n => {
      const round = Math.floor(n / first.length)
      const given = first[n % first.length] as string
      const family = last[((n % first.length) + round) % last.length] as string
      const initial = round < last.length ? '' : `${String.fromCharCode(64 + Math.floor(round / last.length))}. `
      const random = randomOf(seed, 'person', n)
      const mailName = plain(`${given}.${family}`)
      return {
        name: `${given} ${initial}${family}`,
        email: `${mailName}${n}@example.${random.chance(0.9) ? 'com' : 'org'}`,
        jobTitle: random.chance(0.8) ? random.pick(jobTitles) : null,
        phone: random.chance(0.5) ? `+1 212-555-01${random.digits(2)}` : null,
        mobile: random.chance(0.3) ? `(415) 555-01${random.digits(2)}` : null,
        language: random.pick(languages),
        timeZone: random.pick(timeZones),
      }
    },
    merchants: Array.from({ length: 150 }, (_, n) => merchantOf(faker, n)),
  }
}

const languages = ['en', 'en', 'en', 'en-GB', 'de', 'fr', 'es', 'ja-JP']

/** Names of Rails, not of the tz database. */
const timeZones = ['Eastern Time (US & Canada)', 'Pacific Time (US & Canada)', 'London', 'Berlin', 'Chennai', 'Tokyo', 'Abu Dhabi', 'UTC']

const categoryCodes = ['5812', '5814', '4121', '7011', '5734', '5943', '7372', '0742', '4816', '5311', '5999', '3000']

function merchantOf(faker: Faker, n: number): Merchant {
  const name = faker.company.name()
  const abroad = n % 6 === 0
  return {
    name,
    rawName: `${n % 3 === 0 ? 'SQ *' : ''}${plain(name).toUpperCase().slice(0, 18)} ${faker.string.numeric(4)}`,
    categoryCode: faker.helpers.arrayElement(categoryCodes),
    location: abroad
      ? { city: faker.location.city(), country: faker.helpers.arrayElement(['GBR', 'DEU', 'JPN', 'BHR']) }
      : {
          city: faker.location.city(),
          state: faker.location.state({ abbreviated: true }),
          postalCode: faker.location.zipCode('#####'),
          country: 'USA',
        },
  }
}

/** Lower-case ASCII letters and dots. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/ß/g, 'ss')
    .toLowerCase()
    .replace(/[^a-z.]/g, '')
}
