/**
 * The serial numbers of zones (RFC 1035 section 3.3.13): those who copy a zone take it again when its number has risen.
 * The lock file keeps the number of each zone beside a digest of what was in it; another content has the next number.
 */
import { type ResourceRecord } from '../state/service.ts';

/** A zone as the lock file knows it. */
export interface KeptZone {
  readonly serial: number;
  /** Of all that is in it but the number: 16 hexadecimal digits. */
  readonly digest: string;
}

export type KeptZones = Readonly<Record<string, KeptZone>>;

/** Zones of one name differ from view to view. */
export const zoneKey = (view: string, zone: string): string => `${view}/${zone}`;

/** Two hashes of 32 bits, made with different multipliers: FNV-1a, and the polynomial of 31. */
export const digestOf = (records: readonly ResourceRecord[]): string => {
  let [first, second] = [0x811c9dc5, 7];
  for (const { name, type, data } of records) {
    const text = `${name} ${type} ${data}\n`;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second, 31) + unit;
    }
  }
  return [first, second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
};

const highestSerial = 0xffffffff;

/** Numbers go round (RFC 1982), without 0, which is none to some programs. */
const nextSerial = (serial: number): number => (serial === highestSerial ? 1 : serial + 1);

/** What is kept of a zone with this digest, given what was kept before. */
export const keptZone = (before: KeptZone | undefined, digest: string): KeptZone => {
  if (before === undefined) return { serial: 1, digest };
  return before.digest === digest ? before : { serial: nextSerial(before.serial), digest };
};
