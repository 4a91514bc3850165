/**
 * What the engine's sets are sets of: the header of the original request, as it leaves its sender, whatever is translated
 * on the way. Values of its fields lie on axes; addresses of both kinds and both ends share one, all ports another.
 * Below the header lie variables for what nobody knows: chance, and matches that are not modelled.
 */
import { type Family } from '../../net/address.ts';
import { Bdd, EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { codesIn, type Field } from './pieces.ts';
import { Axis } from './ranks.ts';
import { Shadows } from './shadows.ts';

export type FieldName =
  'bound' | 'origin' | 'source' | 'destination' | 'protocol' | 'destinationPort' | 'sourcePort' | 'length' | 'fragment';

/** Codes of the protocol field: echo of the family's ICMP, TCP, UDP. */
export const protocolCodes = { icmp: 0, tcp: 1, udp: 2 } as const;
export type ProtocolName = keyof typeof protocolCodes;

/** Values that decide anything, by axis. */
export interface Constants {
  readonly addresses: Set<bigint>;
  readonly ports: Set<number>;
  readonly lengths: Set<number>;
  /** Senders that have to be told apart, as they may use one address. */
  origins: number;
}

export const emptyConstants = (): Constants => ({
  addresses: new Set(),
  ports: new Set(),
  lengths: new Set(),
  origins: 1,
});

const mapped = 0xffffn << 32n;
const last6 = (1n << 128n) - 1n;

/** The place of an address on the axis of both families. */
export const onAxis = (family: Family, value: bigint): bigint => (family === 4 ? mapped | value : value);

/** The address at a place of the axis. */
export const offAxis = (value: bigint): { readonly family: Family; readonly value: bigint } =>
  value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };

/** A block of addresses on the axis. */
export const blockOnAxis = (family: Family, value: bigint, length: number): readonly [first: bigint, last: bigint] => {
  const first = onAxis(family, value);
  return [first, first + (1n << BigInt((family === 4 ? 32 : 128) - length)) - 1n];
};

export const addBlock = (constants: Constants, family: Family, value: bigint, length: number): void => {
  const [first, last] = blockOnAxis(family, value, length);
  constants.addresses.add(first);
  constants.addresses.add(last + 1n);
};

/** How many nodes the sets of a network take, as a rule; more are made room for when they come. */
const nodesPerAddress = 256;
/** Every run of addresses or ports can be cut a few times later. */
const spareBits = 4;

export class Space {
  readonly bdd: Bdd;
  readonly axes: { readonly address: Axis; readonly port: Axis; readonly length: Axis };
  readonly fields: Readonly<Record<FieldName, Field>>;
  readonly shadows: Readonly<Record<'source' | 'destination', Shadows>>;
  private ownAddresses: readonly bigint[] = [];
  private readonly diagonals = new Map<string, PacketSet>();
  private nextLevel: number;
  private readonly unknowns = new Map<string, Field>();
  private readonly ranges = new Map<string, PacketSet>();

  constructor(constants: Constants) {
    this.bdd = new Bdd(nodesPerAddress * Math.max(constants.addresses.size, 64));
    const numbers = (values: Iterable<number>): bigint[] => [...values].map(BigInt);
    this.axes = {
      address: new Axis(last6, constants.addresses, spareBits),
      port: new Axis(65535n, numbers(constants.ports), spareBits),
      length: new Axis(65535n, numbers(constants.lengths), 0),
    };
    let level = 0;
    const field = (bits: number): Field => {
      const made = { first: level, bits };
      level += bits;
      return made;
    };
    const { address, port, length } = this.axes;
    this.fields = {
      bound: field(1),
      origin: field(Math.ceil(Math.log2(constants.origins))),
      source: field(address.bits),
      destination: field(address.bits),
      protocol: field(2),
      destinationPort: field(port.bits),
      sourcePort: field(port.bits),
      length: field(length.bits),
      fragment: field(1),
    };
    this.nextLevel = level;
    const { source, destination } = this.fields;
    this.shadows = { source: new Shadows(this.bdd, source), destination: new Shadows(this.bdd, destination) };
  }

  /** Cuts the axes where new constants ask for it; false where one has no code left, or senders cannot be told apart. */
  makeRoom({ addresses, ports, lengths, origins }: Constants): boolean {
    if (origins > 2 ** this.fields.origin.bits) return false;
    for (const value of addresses) if (!this.axes.address.cut(value)) return false;
    for (const value of ports) if (!this.axes.port.cut(BigInt(value))) return false;
    for (const value of lengths) if (!this.axes.length.cut(BigInt(value))) return false;
    return true;
  }

  /** Headers with one port at both ends, as far as anybody has asked; cuts of the axis since then count from now on. */
  recutPorts(): { readonly before: PacketSet; readonly after: PacketSet } {
    const key = 'destinationPort sourcePort';
    const before = this.diagonals.get(key);
    if (before === undefined) return { before: NOTHING, after: NOTHING };
    this.diagonals.delete(key);
    return { before, after: this.diagonal('sourcePort', 'destinationPort') };
  }

  /** Addresses of stacks that are followed on their own: only their packets can have one address at both ends. */
  tellApart(addresses: readonly bigint[]): void {
    this.ownAddresses = addresses;
    this.diagonals.clear();
  }

  /** The first level below the header. */
  get headerEnd(): number {
    const { fragment } = this.fields;
    return fragment.first + fragment.bits;
  }

  get end(): number {
    return this.nextLevel;
  }

  axisOf(name: FieldName): Axis {
    if (name === 'source' || name === 'destination') return this.axes.address;
    return name === 'length' ? this.axes.length : this.axes.port;
  }

  /** Headers whose field has one of the codes, both ends included. */
  codes(name: FieldName, first: number, last: number): PacketSet {
    const key = `${name} ${first} ${last}`;
    const known = this.ranges.get(key);
    if (known !== undefined) return known;
    const made = codesIn(this.bdd, this.fields[name], [first, last]);
    this.ranges.set(key, made);
    return made;
  }

  /** Headers whose field has a value of an axis within a range that is cut out of it. */
  values(name: FieldName, first: bigint, last: bigint): PacketSet {
    const [from, to] = this.axisOf(name).codesOf(first, last);
    return this.codes(name, from, to);
  }

  protocol(name: ProtocolName): PacketSet {
    return this.codes('protocol', protocolCodes[name], protocolCodes[name]);
  }

  family(family: Family): PacketSet {
    const four = this.values('destination', mapped, mapped + 0xffffffffn);
    return family === 4 ? four : this.bdd.not(four);
  }

  /** Courses in which something nobody knows, with so many ways, goes the way `taken`. */
  unknown(key: string, options: number, taken: number): PacketSet {
    // With another number of ways it is another question.
    const name = `${key} ${options}`;
    let field = this.unknowns.get(name);
    if (field === undefined) {
      field = { first: this.nextLevel, bits: Math.max(1, Math.ceil(Math.log2(options))) };
      this.nextLevel += field.bits;
      this.unknowns.set(name, field);
    }
    // The last way has all codes that are left over: there is no course without a way.
    const last = taken === options - 1 ? 2 ** field.bits - 1 : taken;
    return codesIn(this.bdd, field, [taken, last]);
  }

  /** Headers with one value in two fields of an axis: for ports any value that is cut out, for addresses `ownAddresses`. */
  diagonal(a: FieldName, b: FieldName): PacketSet {
    const key = [a, b].sort().join(' ');
    const known = this.diagonals.get(key);
    if (known !== undefined) return known;
    const axis = this.axisOf(a);
    const spans =
      axis === this.axes.address
        ? this.ownAddresses.map((value) => axis.spanOf(axis.codeOf(value)))
        : [...axis.singles()];
    const made = this.bdd.union(
      spans.map(({ first, last }) => this.bdd.and(this.codes(a, first, last), this.codes(b, first, last))),
    );
    this.diagonals.set(key, made);
    return made;
  }

  /** The part of a set whose term has one of the values, which are a set that knows of the term's field only. */
  cut(set: PacketSet, term: FieldName | bigint, values: PacketSet): PacketSet {
    return term === 'source' || term === 'destination'
      ? this.shadows[term].cut(set, values)
      : this.bdd.and(set, values);
  }

  /** What a set that is not empty knows of an address. */
  shadow(set: PacketSet, term: FieldName | bigint): PacketSet {
    return term === 'source' || term === 'destination' ? this.shadows[term].of(set) : EVERYTHING;
  }

  /** Whether a set that is not empty has a member whose address is one of the values. */
  meets(set: PacketSet, term: FieldName | bigint, values: PacketSet): boolean {
    return this.bdd.meets(this.shadow(set, term), values);
  }

  /** What the variables below the header stand for. */
  get unknownKeys(): ReadonlyMap<string, Field> {
    return this.unknowns;
  }
}

export { EVERYTHING, NOTHING };
