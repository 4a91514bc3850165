/** A plan: ordered steps from one network state to another. The dry run prints the value that apply walks. */
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type Neighbour,
  type NeighbourProxy,
  type PolicyRule,
  type Resolver,
  type Route,
  type WireguardSettings,
} from '../state/network-state.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { type NameServer, type RootServer, type Service } from '../state/service.ts';
import { type VirtualMachine } from '../state/virtual-machine.ts';

export interface Plan {
  readonly steps: readonly Step[];
}

/** The machines of a state that are virtual, by stack. */
export type VirtualMachines = Readonly<Record<string, VirtualMachine>>;

export interface MachineChange {
  readonly observed: VirtualMachines;
  readonly desired: VirtualMachines;
}

/** What may change on an interface that stays. */
export type InterfaceSettings = Pick<Interface, 'mac' | 'mtuBytes' | 'up' | 'master' | 'bridge' | 'port'>;

export type Step = { readonly stack: string } &
  /** `machine`: a guest with a kernel of its own, which boots or powers down; absent: a network namespace. */
  (
    | { readonly kind: 'add-stack' | 'remove-stack'; readonly machine?: VirtualMachine }
    /** `from` is absent where the value before is not part of the state. `to` is absent: back to the kernel's default. */
    | { readonly kind: 'set-sysctl'; readonly key: string; readonly from?: string; readonly to?: string }
    | { readonly kind: 'add-bridge' | 'remove-bridge'; readonly name: string; readonly interface: Interface }
    /** A link that rests on another one or on an address: VLAN, macvlan, VXLAN, tunnel. */
    | { readonly kind: 'add-link' | 'remove-link'; readonly name: string; readonly interface: Interface }
    /** `stack` is that of end `a`. */
    | {
        readonly kind: 'add-cable' | 'remove-cable';
        readonly cable: Cable;
        readonly a: Interface;
        readonly b: Interface;
      }
    | {
        readonly kind: 'set-interface';
        readonly name: string;
        readonly from: InterfaceSettings;
        readonly to: InterfaceSettings;
      }
    /** Of a WireGuard device that is there: one that was just made has no peers. */
    | {
        readonly kind: 'set-wireguard';
        readonly name: string;
        readonly from: WireguardSettings;
        readonly to: WireguardSettings;
      }
    | { readonly kind: 'add-address' | 'remove-address'; readonly name: string; readonly address: InterfaceAddress }
    | { readonly kind: 'add-route' | 'remove-route'; readonly route: Route }
    | { readonly kind: 'add-rule' | 'remove-rule'; readonly rule: PolicyRule }
    | { readonly kind: 'add-proxy' | 'remove-proxy'; readonly proxy: NeighbourProxy }
    | { readonly kind: 'add-neighbour' | 'remove-neighbour'; readonly neighbour: Neighbour }
    | { readonly kind: 'set-filter'; readonly from: readonly FilterTable[]; readonly to: readonly FilterTable[] }
    | { readonly kind: 'start-service' | 'stop-service'; readonly service: Service }
    /** It goes on running meanwhile. */
    | { readonly kind: 'change-service'; readonly from: NameServer | RootServer; readonly to: NameServer | RootServer }
    | { readonly kind: 'set-resolver'; readonly from?: Resolver; readonly to?: Resolver }
  );

export type StepKind = Step['kind'];

type Select<S extends Step, K extends StepKind> = S extends unknown
  ? K extends S['kind']
    ? S & { readonly kind: K }
    : never
  : never;

/** The steps of some kinds. */
export type StepOf<K extends StepKind> = Select<Step, K>;
