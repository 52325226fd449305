/** Time zones by their IANA names, as far as Intl knows them. */
import type { CallContext } from '../value.ts';

export type Zone = {
  readonly name: string;
  /** What is in force at a time in seconds since the epoch; the offset in seconds east. */
  readonly at: (seconds: number) => { readonly abbreviation: string; readonly offset: number };
};

export const UTC: Zone = fixedZone('UTC', 0);

export function fixedZone(abbreviation: string, offset: number): Zone {
  const always = { abbreviation, offset };
  return { name: abbreviation, at: () => always };
}

/** The host's own zone; UTC where it has none. */
export function localZone(context: CallContext): Zone {
  return loadZone(context.host.timeZone ?? 'UTC', context) ?? UTC;
}

/** time.LoadLocation: case matters, an empty name is UTC. Undefined for a zone that does not exist. */
export function loadZone(name: string, context: CallContext): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') {
    const own = context.host.timeZone;
    return own === undefined || own === 'Local' ? UTC : loadZone(own, context);
  }
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = namedZone(name);
  if (zone !== undefined) zones.set(name, zone);
  return zone;
}

const zones = new Map<string, Zone>();

function namedZone(name: string): Zone | undefined {
  if (!/^[A-Z]/.test(name)) return undefined;
  const clock = formatter('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (clock === undefined) return undefined;
  const canonical = clock.resolvedOptions().timeZone;
  // Intl takes any case; Go looks for a file of that name.
  if (canonical !== name && canonical.toLowerCase() === name.toLowerCase()) return undefined;
  const names = LOCALES.map((locale) => formatter(locale, { timeZone: name, timeZoneName: 'short' }));
  const winterOffset = offsetAt(clock, JANUARY * 1000);
  return {
    name,
    at: (seconds) => {
      const milliseconds = clamped(seconds) * 1000;
      const offset = offsetAt(clock, milliseconds);
      const known = knownName(name, offset > winterOffset);
      // Intl names nothing before 1970 or so.
      const isOld = seconds < 2 * 365 * 86_400 && offset === winterOffset;
      const abbreviation = known ?? abbreviationAt(names, isOld ? JANUARY * 1000 : milliseconds);
      return { abbreviation: abbreviation || numeric(offset), offset };
    },
  };
}

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whole seconds within the years 1 to 9999; before and behind, the first and last rule go on. */
function clamped(seconds: number): number {
  return Math.min(Math.max(Math.floor(seconds), -62_135_510_400), 253_402_214_400);
}

function offsetAt(clock: Intl.DateTimeFormat, milliseconds: number): number {
  const parts = new Map(clock.formatToParts(milliseconds).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = new Date(0);
  local.setUTCFullYear(part('year'), part('month') - 1, part('day'));
  local.setUTCHours(part('hour'), part('minute'), part('second'));
  return (local.getTime() - milliseconds) / 1000;
}

/** Each knows the names of its own part of the world, and writes the others as `GMT+1`. */
const LOCALES = ['en-US', 'en-GB', 'en-ZA', 'en-CA', 'en-AU', 'en-NZ', 'en-IN', 'en-HK', 'id-ID', 'ja-JP'];

/**
 * Where no locale knows the name that the zone database has, or one knows a name that it does not have (empty here):
 * for standard time and, behind a slash, for summer time.
 */
const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    CST: 'Asia/Shanghai Asia/Taipei Asia/Macau',
    'CST/CDT': 'America/Havana',
    ChST: 'Pacific/Guam Pacific/Saipan',
    'GMT/BST': 'Europe/Guernsey Europe/Isle_of_Man Europe/Jersey',
    'HST/HDT': 'America/Adak',
    'IST/IDT': 'Asia/Jerusalem',
    KST: 'Asia/Pyongyang Asia/Seoul',
    MSK: 'Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd',
    MST: 'America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse',
    PKT: 'Asia/Karachi',
    PST: 'Asia/Manila',
    SST: 'Pacific/Midway Pacific/Pago_Pago',
    '': 'America/Miquelon America/Scoresbysund Antarctica/Casey Antarctica/Troll Asia/Colombo Asia/Dubai Asia/Muscat Australia/Eucla Australia/Lord_Howe Pacific/Chatham',
  }).flatMap(([names, zones]) => zones.split(' ').map((zone) => [zone, names] as const)),
);

/** Seconds since the epoch of a northern winter's day. */
const JANUARY = 1_705_320_000;

function knownName(zone: string, isSummer: boolean): string | undefined {
  const [standard, summer] = NAMES.get(zone)?.split('/') ?? [];
  return isSummer ? (summer ?? standard) : standard;
}

function abbreviationAt(names: readonly (Intl.DateTimeFormat | undefined)[], milliseconds: number): string | undefined {
  let greenwich: string | undefined;
  for (const format of names) {
    const name = format?.formatToParts(milliseconds).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (name === 'GMT' || name === 'UTC') greenwich ??= name;
    else if (/^[A-Z]{3,5}$/.test(name)) return name;
  }
  return greenwich;
}

/** How the zone database names what has no name: `+03`, `-0330`. */
function numeric(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  const rest = minutes % 60;
  return `${offset < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}
