/**
 * Reads the files in which Kea keeps its leases (memfile): comma-separated values with their names in the first line. What
 * happened to an address last stands last; one that was given back, declined or reclaimed is not given out.
 */
import { parseIp, printIp } from '../net/address.ts';
import { parseMac } from '../net/mac.ts';
import { type Lease, macOfDuid } from './lease-file.ts';

/** Kea writes a comma inside of a value as its number. */
const plain = (text: string): string => text.replaceAll('&#x2c', ',');

const valuesOf = (names: readonly string[], line: string): ReadonlyMap<string, string> => {
  const values = line.split(',');
  return new Map(names.map((name, index) => [name, plain(values[index] ?? '')]));
};

/** Whether somebody has it: it lasts, and its state is the default one. */
const isGivenOut = (row: ReadonlyMap<string, string>): boolean =>
  Number(row.get('valid_lifetime')) > 0 && row.get('state') === '0';

/** Of seconds that last as long as the protocols can say. */
const forever = 0xffffffff;

const readRow = (row: ReadonlyMap<string, string>): Lease | undefined => {
  const address = parseIp(row.get('address') ?? '');
  if (address === undefined) return undefined;
  const duid = row.get('duid') ?? '';
  const mac = parseMac(row.get('hwaddr') ?? '') ?? macOfDuid(duid);
  const name = row.get('hostname')?.replace(/\.$/, '') ?? '';
  const expiresAt = Number(row.get('expire'));
  return {
    address: printIp(address),
    client: mac ?? (address.family === 6 ? duid : (row.get('client_id') ?? '')),
    ...(mac === undefined ? {} : { mac }),
    ...(name === '' ? {} : { name }),
    ...(Number(row.get('valid_lifetime')) === forever ? {} : { expiresAt }),
  };
};

export const readKeaLeases = (text: string): readonly Lease[] => {
  const [head = '', ...lines] = text.split('\n');
  const names = head.split(',');
  const leases = new Map<string, Lease | undefined>();
  for (const line of lines) {
    const row = valuesOf(names, line);
    leases.set(row.get('address') ?? '', isGivenOut(row) ? readRow(row) : undefined);
  }
  return [...leases.values()].filter((lease) => lease !== undefined);
};
