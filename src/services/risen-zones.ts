/**
 * The serial numbers of zones in a world never fall, whatever the lock file says: a file that went back to what it was
 * before, or was lost, would leave those who copy a zone with what they have.
 */
import { type ResourceRecord, type Zone } from '../state/service.ts';

const serialField = 2;

/** RFC 1035 section 3.3.13: the third of the fields. */
export const serialOf = ({ records }: Zone): number =>
  Number(records.find(({ type }) => type === 'SOA')?.data.split(' ')[serialField] ?? 0);

const numbered = (record: ResourceRecord, serial: number): ResourceRecord =>
  record.type === 'SOA'
    ? { ...record, data: record.data.split(' ').with(serialField, String(serial)).join(' ') }
    : record;

const withSerial = (zone: Zone, serial: number): Zone => ({
  ...zone,
  records: zone.records.map((record) => numbered(record, serial)),
});

const isSame = (a: Zone, b: Zone): boolean =>
  JSON.stringify(withSerial(a, 0).records) === JSON.stringify(withSerial(b, 0).records);

/** `last`: the same zone as it was served last. */
export const risenZone = (last: Zone | undefined, zone: Zone): Zone => {
  if (last === undefined || zone.records.length === 0) return zone;
  const least = serialOf(last) + (isSame(last, zone) ? 0 : 1);
  return serialOf(zone) >= least ? zone : withSerial(zone, least);
};
