/** How values are said to people. Pure, but for the language and the time zone of the browser. */

const names: Readonly<Record<string, string>> = { individual: 'One object', plan: 'Preview' };
const capitals: ReadonlySet<string> = new Set(['ip', 'vm', 'vmid', 'mac', 'vlan', 'ssl', 'tls', 'api']);

/** `virtual-machine` is "Virtual machine", `ip-addresses` is "IP addresses". */
export function nameOf(word: string): string {
  const whole = names[word];
  if (whole !== undefined) return whole;
  const text = word
    .split(/[-_]/)
    .map((part) => (capitals.has(part) ? part.toUpperCase() : part))
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const whole = new Intl.NumberFormat('en');

export const numberText = (value: number): string => whole.format(value);
export const dateText = (iso: string): string => dateTime.format(new Date(iso));

const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
/** Of a day in UTC: "30 Nov". */
export const shortDateText = (day: string): string => dayMonth.format(new Date(day));

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;
export const clockText = (iso: string): string => clockTime.format(new Date(iso));

/** "3 minutes ago" */
export function agoText(iso: string, now: Date): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000;
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return ago.format(Math.round(seconds / length), unit);
}

/** "0.4 s", "12 s", "3 min 5 s", "1 h 2 min" */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`;
}

/** "1 change", "2 changes" */
export const countText = (count: number, noun: string): string =>
  `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A value of NetBox in one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
