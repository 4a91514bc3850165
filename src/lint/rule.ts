/** What a rule of lint is, and what it looks at. */
import { type Severity } from '../diagnostics/diagnostic.ts';
import { type Origins, type Remark } from '../dialects/dialect.ts';
import { type Facts } from '../reach/facts.ts';
import { type Model } from '../reach/model/model.ts';
import { type Terrain } from '../reach/repair/terrain.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type MendablePair } from './mendable.ts';
import { type AskedPair } from './pairs.ts';
import { type RawFinding } from './finding.ts';

/** What no configuration says, and somebody knows. Interfaces are named `stack/interface`. */
export interface Outside {
  /** Stacks that stand for what nobody here can change, such as the internet. */
  readonly fixed: ReadonlySet<string>;
  /** Uplinks where the other side takes frames of one MAC address only. */
  readonly oneMac: ReadonlySet<string>;
  /** Radio interfaces of a station: they can be no port of a bridge. */
  readonly wireless: ReadonlySet<string>;
}

export interface LintInput {
  readonly state: NetworkState;
  /** The network at rest: with the addresses that DHCP and advertisements give. */
  readonly model: Model;
  /** What is known of a state like this one besides its configuration. */
  readonly factsOf: (state: NetworkState) => Facts;
  readonly terrain: Terrain;
  readonly remarks: readonly Remark[];
  readonly origins: Origins;
  /** Names of dialects, by file. */
  readonly dialectOf: ReadonlyMap<string, string>;
  readonly outside: Outside;
  /** Everybody to everybody by ping, walked once; none where the network is too large for that. */
  readonly pairs: () => readonly AskedPair[];
  /** What mends those of them whose answers are lost. */
  readonly mendable: () => readonly MendablePair[];
}

export interface LintRule {
  /** kebab-case, says the fact: `gateway-outside-subnet`. */
  readonly code: string;
  /** Of its findings, where they do not say another. */
  readonly severity: Severity;
  /** One line: what is found. */
  readonly title: string;
  /** Why it matters, in a few sentences: what the kernel or the program does with it, and where that is written. */
  readonly explanation: string;
  readonly find: (input: LintInput) => readonly RawFinding[];
}
